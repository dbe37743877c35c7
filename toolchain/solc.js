#!/usr/bin/env node
// solc's command line over npm's `solc` (the same compiler as WebAssembly), for machines that cannot fetch the
// native binary.
//
// It understands what py-solc-x and ape-solidity ask of the native one: `--version`, `--standard-json`,
// `--combined-json`, `--base-path`, `--include-path`, `--allow-paths`, `--evm-version`, `--optimize`,
// `--optimize-runs`, `--via-ir` and remappings.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const OPTIONS_WITH_VALUE = new Set([
  "--base-path",
  "--include-path",
  "--allow-paths",
  "--combined-json",
  "--evm-version",
  "--optimize-runs",
]);
const FLAGS = new Set(["--version", "--standard-json", "--optimize", "--via-ir"]);

// Where each field of --combined-json lives in the standard JSON output of one contract.
const COMBINED_FIELDS = {
  abi: ["abi", (c) => c.abi],
  bin: ["evm.bytecode.object", (c) => c.evm.bytecode.object],
  "bin-runtime": ["evm.deployedBytecode.object", (c) => c.evm.deployedBytecode.object],
  devdoc: ["devdoc", (c) => c.devdoc],
  userdoc: ["userdoc", (c) => c.userdoc],
  hashes: ["evm.methodIdentifiers", (c) => c.evm.methodIdentifiers],
  metadata: ["metadata", (c) => c.metadata],
  opcodes: ["evm.bytecode.opcodes", (c) => c.evm.bytecode.opcodes],
  srcmap: ["evm.bytecode.sourceMap", (c) => c.evm.bytecode.sourceMap],
  "srcmap-runtime": ["evm.deployedBytecode.sourceMap", (c) => c.evm.deployedBytecode.sourceMap],
  "storage-layout": ["storageLayout", (c) => c.storageLayout],
};

class UsageError extends Error {}

function parseArguments(argv) {
  const args = { flags: new Set(), values: {}, includePaths: [], remappings: [], files: [] };
  for (let i = 0; i < argv.length; i++) {
    const equals = argv[i].startsWith("--") ? argv[i].indexOf("=") : -1;
    const name = equals < 0 ? argv[i] : argv[i].slice(0, equals);
    if (OPTIONS_WITH_VALUE.has(name)) {
      const value = equals < 0 ? argv[++i] : argv[i].slice(equals + 1);
      if (value === undefined) throw new UsageError(`the required argument for option '${name}' is missing`);
      if (name === "--include-path") args.includePaths.push(value);
      else args.values[name] = value;
    } else if (FLAGS.has(name)) args.flags.add(name);
    else if (name.startsWith("--")) throw new UsageError(`unrecognised option '${name}'`);
    else if (name !== "-" && name.includes("=")) args.remappings.push(name);
    else args.files.push(name);
  }
  return args;
}

/** Reads an imported source as the native compiler does: from base and include paths, below allowed folders. */
function sourceReader(args) {
  const base = path.resolve(args.values["--base-path"] || ".");
  const roots = [base, ...args.includePaths.map((p) => path.resolve(p))];
  const targets = args.remappings.map((r) => path.resolve(base, r.slice(r.indexOf("=") + 1)));
  const extra = (args.values["--allow-paths"] || "")
    .split(",")
    .filter(Boolean)
    .map((p) => path.resolve(p));
  const fileFolders = args.files.filter((f) => f !== "-").map((f) => path.dirname(path.resolve(f)));
  const allowed = [...roots, ...targets, ...extra, ...fileFolders].map(realOrSame);

  return (name) => {
    const plain = name.startsWith("file://") ? name.slice("file://".length) : name;
    const found = [...new Set(roots.map((root) => path.resolve(root, plain)))].filter(isFile);
    if (found.length === 0)
      return { error: `File not found. Searched the following locations: ${quoted(roots)}.` };
    if (found.length > 1)
      return { error: `Ambiguous import. Multiple matching files found: ${quoted(found)}.` };
    const real = fs.realpathSync(found[0]);
    if (!allowed.some((folder) => real === folder || real.startsWith(folder.replace(/\/$/, "") + path.sep)))
      return { error: `File outside of allowed directories. The following are allowed: ${quoted(allowed)}.` };
    return { contents: fs.readFileSync(real, "utf8") };
  };
}

const quoted = (names) => names.map((n) => JSON.stringify(n)).join(", ");

function realOrSame(name) {
  try {
    return fs.realpathSync(name);
  } catch {
    return name;
  }
}

function isFile(name) {
  try {
    return fs.statSync(name).isFile();
  } catch {
    return false;
  }
}

/** The compiler core. Input goes on the heap: solc-js's own binding uses the stack, which large inputs overflow. */
function loadCompiler() {
  const before = new Set(process.listeners("uncaughtException"));
  const core = require("solc/soljson.js");
  for (const event of ["uncaughtException", "unhandledRejection"])
    for (const listener of process.listeners(event))
      if (!before.has(listener)) process.removeListener(event, listener);
  const allocate = (text) => {
    const size = core.lengthBytesUTF8(text) + 1;
    const pointer = core._solidity_alloc(size);
    if (pointer === 0) throw new Error(`out of memory for ${size} bytes`);
    core.stringToUTF8(text, pointer, size);
    return pointer;
  };
  const compile = (input, read) => {
    const callback = core.addFunction((_context, kind, data, contents, error) => {
      const wanted = core.UTF8ToString(kind);
      const answer =
        wanted === "source" ? read(core.UTF8ToString(data)) : { error: `${wanted} is not supported` };
      if (answer.contents !== undefined) core.setValue(contents, allocate(answer.contents), "*");
      else core.setValue(error, allocate(answer.error), "*");
    }, "viiiii");
    const output = core.UTF8ToString(core._solidity_compile(allocate(input), callback, 0));
    core._solidity_reset();
    return withSignedIds(output);
  };
  return { compile, version: core.cwrap("solidity_version", "string", []) };
}

/** Ids of built-in declarations are negative; the 32-bit build prints them modulo 2^32. */
function withSignedIds(output) {
  if (!/[:[,]\s*429496\d{4}\b/.test(output)) return output;
  const parsed = JSON.parse(output);
  for (const source of Object.values(parsed.sources || {})) signIds(source.ast);
  return JSON.stringify(parsed);
}

function signIds(node) {
  if (node === null || typeof node !== "object") return;
  for (const key of Object.keys(node)) {
    const value = node[key];
    if (typeof value !== "number") signIds(value);
    else if (value >= 2 ** 31 && value < 2 ** 32) node[key] = value - 2 ** 32;
  }
}

function readAll(fd) {
  const chunks = [];
  const chunk = Buffer.alloc(1 << 16);
  for (;;) {
    let size;
    try {
      size = fs.readSync(fd, chunk, 0, chunk.length, null);
    } catch (error) {
      if (error.code === "EAGAIN") {
        pause();
        continue;
      }
      if (error.code === "EOF") break;
      throw error;
    }
    if (size === 0) break;
    chunks.push(Buffer.from(chunk.subarray(0, size)));
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Writes everything: a pipe takes 64 KiB at a time, and `process.exit` would drop the rest. */
function writeAll(fd, text) {
  const bytes = Buffer.from(text, "utf8");
  let done = 0;
  while (done < bytes.length) {
    try {
      done += fs.writeSync(fd, bytes, done);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      pause();
    }
  }
}

function pause() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
}

/** `--combined-json` in terms of standard JSON. Returns [exit status, standard output, standard error]. */
function compileCombined(args, compiler, read) {
  const wanted = args.values["--combined-json"].split(",");
  for (const field of wanted)
    if (field !== "ast" && !COMBINED_FIELDS[field])
      throw new UsageError(`Invalid option to --combined-json: ${field}`);
  const sources = {};
  for (const name of args.files) {
    const content = name === "-" ? readAll(0) : fs.readFileSync(name, "utf8");
    sources[name === "-" ? "<stdin>" : unitName(name, args)] = { content };
  }
  if (Object.keys(sources).length === 0) throw new UsageError("No input files given.");
  const perContract = wanted.filter((f) => f !== "ast").map((f) => COMBINED_FIELDS[f][0]);
  const settings = {
    remappings: args.remappings,
    optimizer: { enabled: args.flags.has("--optimize"), runs: Number(args.values["--optimize-runs"] || 200) },
    viaIR: args.flags.has("--via-ir"),
    outputSelection: { "*": { "*": perContract, "": wanted.includes("ast") ? ["ast"] : [] } },
  };
  if (args.values["--evm-version"]) settings.evmVersion = args.values["--evm-version"];
  const output = JSON.parse(
    compiler.compile(JSON.stringify({ language: "Solidity", sources, settings }), read),
  );
  const messages = (output.errors || []).map((e) => e.formattedMessage).join("\n");
  if ((output.errors || []).some((e) => e.severity === "error")) return [1, "", messages];

  const combined = { version: compiler.version() };
  combined.contracts = {};
  for (const [file, contracts] of Object.entries(output.contracts || {}))
    for (const [name, contract] of Object.entries(contracts)) {
      const entry = (combined.contracts[`${file}:${name}`] = {});
      for (const field of wanted) if (field !== "ast") entry[field] = COMBINED_FIELDS[field][1](contract);
    }
  if (wanted.includes("ast")) {
    combined.sourceList = Object.keys(output.sources);
    combined.sources = {};
    for (const [file, source] of Object.entries(output.sources))
      combined.sources[file] = { AST: source.ast, id: source.id };
  }
  return [0, JSON.stringify(combined), messages];
}

function unitName(file, args) {
  const roots = [args.values["--base-path"] || ".", ...args.includePaths].map(
    (p) => path.resolve(p) + path.sep,
  );
  const full = path.resolve(file);
  const root = roots.find((r) => full.startsWith(r));
  return root ? full.slice(root.length) : full;
}

function main(argv) {
  const args = parseArguments(argv);
  const compiler = loadCompiler();
  if (args.flags.has("--version"))
    return [0, `solc, the solidity compiler commandline interface\nVersion: ${compiler.version()}\n`, ""];
  const read = sourceReader(args);
  if (args.values["--combined-json"]) return compileCombined(args, compiler, read);
  if (!args.flags.has("--standard-json"))
    throw new UsageError("Nothing to do: pass --standard-json or --combined-json.");
  const [file] = args.files;
  const input = file === undefined || file === "-" ? readAll(0) : fs.readFileSync(file, "utf8");
  return [0, compiler.compile(input, read), ""];
}

if (require.main === module) {
  let result;
  try {
    result = main(process.argv.slice(2));
  } catch (error) {
    result = [1, "", `${error instanceof UsageError ? error.message : error.stack || error}\n`];
  }
  writeAll(1, result[1]);
  writeAll(2, result[2]);
  process.exit(result[0]);
}

module.exports = { loadCompiler, writeAll };
