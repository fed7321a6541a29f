// Runs the benchmark as a WASI module in node's V8: `node run.mjs MODULE FILE…`, or `--load` instead of files, which ends
// there. Prints its size, how long it took to load, and its linear memory before and after.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { WASI } from "node:wasi";

const [path, ...files] = process.argv.slice(2);
const bytes = await readFile(path);
const wasi = new WASI({ version: "preview1", args: [path, ...files.map((file) => (file.startsWith("--") ? file : resolve(file)))], preopens: { "/": "/" } });
let start = performance.now();
const module = await WebAssembly.compile(bytes);
const compiled = performance.now() - start;
start = performance.now();
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
const instantiated = performance.now() - start;
console.log(`module ${(bytes.length / 1e6).toFixed(2)} MB, compiled in ${compiled.toFixed(1)} ms, instantiated in ${instantiated.toFixed(1)} ms, linear memory ${(instance.exports.memory.buffer.byteLength / 1e6).toFixed(2)} MB`);
if (files[0] === "--load") process.exit();
wasi.start(instance);
console.log(`linear memory at the end, the text included: ${(instance.exports.memory.buffer.byteLength / 1e6).toFixed(2)} MB`);
