// Builds the front end: `npm run build`.
//
//   web/assets/entries/*.js    -> web/static/<name>-<hash>.js (shared code in chunk-<hash>.js)
//   web/assets/entries/*.scss  -> web/static/<name>-<hash>.css
//   web/assets/files/*         -> web/static/<name>-<hash>.<extension>, as they are
//   web/assets/icons.txt       -> web/static/icons-<hash>.svg, one sprite of @tabler/icons outlines
//   engine/expressions/feel.js -> engine/expressions/feel.bundle.js, for the V8 isolate of the engine
//
// web/static/manifest.json maps logical names (app.js, app.css, icons.svg) to the hashed files. It is
// written last and atomically; files of earlier builds are removed after it.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import * as sass from "sass";
import { durations } from "./durations.mjs";
import { plugins } from "./policy.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ENTRIES = path.join(ROOT, "web/assets/entries");
const OUT = path.join(ROOT, "web/static");
const MODULES = path.join(ROOT, "node_modules");
const LARGE = 300_000;
const brotli = promisify(brotliCompress);
const BROWSERS = ["chrome109", "firefox115", "safari16"];

/** @param {string} extension @returns {Promise<string[]>} absolute paths of the entries */
async function entries(extension) {
  const names = await readdir(ENTRIES);
  return names.filter((name) => name.endsWith(extension)).map((name) => path.join(ENTRIES, name));
}

/** @param {string} logical @param {string} text @returns {[string, string]} logical and hashed name */
function hashed(logical, text) {
  const { name, ext } = path.parse(logical);
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 8);
  return [logical, `${name}-${digest}${ext}`];
}

/** @param {string} logical @param {string} text @returns {Promise<[string, string]>} */
async function emit(logical, text) {
  const pair = hashed(logical, text);
  await writeFile(path.join(OUT, pair[1]), text);
  return pair;
}

/** @returns {Promise<{names: [string, string][], chunks: string[]}>} */
async function scripts() {
  const result = await build({
    entryPoints: await entries(".js"),
    outdir: OUT,
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    metafile: true,
    target: BROWSERS,
    entryNames: "[name]-[hash]",
    chunkNames: "chunk-[hash]",
    legalComments: "eof",
    logLevel: "warning",
    plugins,
  });
  const names = [];
  const chunks = [];
  for (const [file, output] of Object.entries(result.metafile.outputs)) {
    const name = path.basename(file);
    if (output.entryPoint) names.push([path.basename(output.entryPoint), name]);
    else chunks.push(name);
  }
  return { names, chunks, outputs: result.metafile.outputs };
}

/** Everything a script brings with it: what it imports, and with `lazy` what it may import later.
 * @param {import("esbuild").Metafile["outputs"]} outputs @param {string} file @param {boolean} lazy @param {Set<string>} [seen] */
function reached(outputs, file, lazy, seen = new Set()) {
  if (seen.has(file) || !outputs[file]) return seen;
  seen.add(file);
  for (const { path: next, kind } of outputs[file].imports)
    if (lazy || kind !== "dynamic-import") reached(outputs, next, lazy, seen);
  return seen;
}

/** What an owner's browser loads for the studio. @param {import("esbuild").Metafile["outputs"]} outputs @param {[string, string][]} css */
async function weigh(outputs, css) {
  const [entry] = Object.keys(outputs).filter((file) =>
    outputs[file].entryPoint?.endsWith("entries/studio.js"),
  );
  const sheets = css.filter(([name]) => name.startsWith("studio")).map(([, file]) => file);
  const size = async (/** @type {Iterable<string>} */ files) => {
    const sizes = [...files].map(
      async (name) => gzipSync(await readFile(path.join(OUT, path.basename(name)))).length,
    );
    return ((await Promise.all(sizes)).reduce((sum, each) => sum + each, 0) / 1024).toFixed(0);
  };
  const first = await size([...reached(outputs, entry, false), ...sheets.slice(0, 1)]);
  const all = await size([...reached(outputs, entry, true), ...sheets]);
  console.log(
    `studio: ${first} KB gzip before a tab opens, ${all} KB in all (limits 700 and 1536)`,
  );
}

/** @returns {Promise<[string, string][]>} */
async function styles() {
  const files = await entries(".scss");
  return Promise.all(
    files.map(async (file) => {
      const { css } = sass.compile(file, {
        importers: [new sass.NodePackageImporter(ROOT)],
        loadPaths: [MODULES],
        style: "compressed",
        quietDeps: true,
        silenceDeprecations: ["import"], // Bootstrap 5.3 shares its settings through @import only
      });
      return emit(`${path.parse(file).name}.css`, css);
    }),
  );
}

/** @param {string} name @returns {Promise<string>} one <symbol>; an unknown icon stops the build */
async function symbol(name) {
  const file = path.join(MODULES, "@tabler/icons/icons/outline", `${name}.svg`);
  if (!existsSync(file)) throw new Error(`web/assets/icons.txt: no Tabler outline icon "${name}"`);
  const svg = await readFile(file, "utf8");
  const shapes = svg.match(/<(?!svg|\/svg)[^>]+>/g) ?? [];
  const drawn = shapes.filter((shape) => !shape.includes('stroke="none"')).join("");
  return `<symbol id="i-${name}" viewBox="0 0 24 24">${drawn.replaceAll(" />", "/>")}</symbol>`;
}

/** @returns {Promise<[string, string]>} */
async function sprite() {
  const list = await readFile(path.join(ROOT, "web/assets/icons.txt"), "utf8");
  const names = [
    ...new Set(
      list
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean),
    ),
  ].sort();
  const symbols = await Promise.all(names.map(symbol));
  return emit("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`);
}

/** @returns {Promise<[string, string][]>} */
async function files() {
  const folder = path.join(ROOT, "web/assets/files");
  const names = await readdir(folder);
  return Promise.all(
    names.map(async (name) => emit(name, await readFile(path.join(folder, name), "utf8"))),
  );
}

/** The expression language for the engine's isolate: a script without imports that sets globals. */
async function feel() {
  const source = path.join(ROOT, "engine/expressions/feel.js");
  const outfile = path.join(ROOT, "engine/expressions/feel.bundle.js");
  if (!existsSync(source))
    return console.log("skipped engine/expressions/feel.bundle.js: no feel.js");
  await build({
    entryPoints: [source],
    outfile: `${outfile}.new`,
    bundle: true,
    format: "iife",
    minify: true,
    target: ["es2022"],
    legalComments: "eof",
    logLevel: "warning",
    plugins: [durations],
  });
  await rename(`${outfile}.new`, outfile);
  report("engine/expressions/feel.bundle.js", await readFile(outfile));
}

/** @param {string} name @param {Buffer} bytes */
function report(name, bytes) {
  const kb = (/** @type {number} */ size) => (size / 1024).toFixed(1).padStart(7);
  console.log(`${name.padEnd(36)}${kb(bytes.length)} KB ${kb(gzipSync(bytes).length)} KB gzip`);
}

/** Compressed copies beside the file, which the web server prefers. @param {string} name */
async function compress(name) {
  const bytes = await readFile(path.join(OUT, name));
  await writeFile(path.join(OUT, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  const quality = bytes.length > LARGE ? 6 : 11; // the best takes seconds for what owners load once
  const params = { [constants.BROTLI_PARAM_QUALITY]: quality };
  await writeFile(path.join(OUT, `${name}.br`), await brotli(bytes, { params }));
  report(name, bytes);
}

/** @param {Record<string, string>} manifest @param {Set<string>} keep */
async function publish(manifest, keep) {
  const target = path.join(OUT, "manifest.json");
  await writeFile(`${target}.new`, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(`${target}.new`, target);
  const stale = (await readdir(OUT)).filter((name) => !keep.has(name.replace(/\.(gz|br)$/, "")));
  await Promise.all(stale.map((name) => rm(path.join(OUT, name), { recursive: true })));
}

/** Builds everything into web/static and prints the sizes. */
export async function main() {
  const started = performance.now();
  await mkdir(OUT, { recursive: true });
  const parts = [scripts(), styles(), sprite(), files(), feel()];
  const [{ names, chunks, outputs }, css, icons, plain] = await Promise.all(parts);
  const manifest = Object.fromEntries([...names, ...css, icons, ...plain].sort());
  const built = [...Object.values(manifest), ...chunks];
  await Promise.all(built.map(compress));
  await publish(manifest, new Set([...built, "manifest.json"]));
  await weigh(outputs, css);
  console.log(`built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
