// Proves with snarkjs's library.
//
//   node prove_snarkjs.mjs SYSTEM KEY WITNESS VERIFICATION_KEY  start, then answer each line of standard input
//
// After starting and after each line, `prove` or `verify`, one line of JSON is printed. snarkjs reads its key from
// the file for each proof, so that starting means the curve and its workers alone.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import * as snarkjs from "snarkjs";

const [system, key, witness, verificationKey] = process.argv.slice(2);
const curve = await snarkjs.curves.getCurveFromName("bn128");

// The CPU seconds of this process so far.
function report() {
    const { user, system } = process.cpuUsage();
    console.log(JSON.stringify({ cpu_s: (user + system) / 1e6 }));
}

let made;
report();
for await (const line of createInterface({ input: process.stdin })) {
    if (line === "prove") {
        made = await snarkjs[system].prove(key, witness);
    } else {
        const verifying = JSON.parse(readFileSync(verificationKey, "utf8"));
        if (!(await snarkjs[system].verify(verifying, made.publicSignals, made.proof))) {
            throw new Error("the proof does not hold");
        }
    }
    report();
}
await curve.terminate();
