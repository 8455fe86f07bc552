// FEEL multiplies and divides durations; the interpreter only adds them. Its operators ask `engine/expressions/durations.js` first.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const RECKONED = fileURLToPath(new URL("../../engine/expressions/durations.js", import.meta.url));
const IMPORT = `import { reckoned } from ${JSON.stringify(RECKONED)};\n`;
const OPERANDS = /const right = b\(context\);\s+(?=if \(isArray\(left\))/;
const ASKED = `const right = b(context);
const found = reckoned(node.input, left, right);
if (found === null) invalidType(opName, left, right);
if (found !== undefined) return found;
`;

export const durations = {
  name: "durations",
  setup(/** @type {import("esbuild").PluginBuild} */ build) {
    build.onLoad({ filter: /feelin[\\/]dist[\\/]index\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source.replace(OPERANDS, ASKED);
      if (contents === source) throw new Error("feelin has changed: see web/assets/durations.mjs");
      return { contents: IMPORT + contents, loader: "js" };
    });
  },
};
