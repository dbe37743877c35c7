// A compiler that stays: standard JSON in, one line each; standard JSON out, one line each. Loading the WebAssembly takes
// 1.5 s, which is paid once. Sources come with the request; nothing is read from the disk.
"use strict";

const readline = require("node:readline");
const { loadCompiler, writeAll } = require("../../toolchain/solc.js");

const compiler = loadCompiler();
const missing = (name) => ({ error: `${name} is not among the sources` });

readline.createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (line) => {
  writeAll(1, `${compiler.compile(line, missing).replaceAll("\n", " ")}\n`);
});
