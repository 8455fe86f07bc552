// What the bpmn.io tools need at build time to hold under our content security policy, and to stay small.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const UNCHECKED = fileURLToPath(
  new URL("js/studio/diagram/unchecked_templates.js", import.meta.url),
);

const EDITOR = fileURLToPath(
  new URL("../../node_modules/@bpmn-io/form-js-editor", import.meta.url),
);

/** CodeMirror's style-mod writes a <style> tag unless it is in a shadow root; style sheets it adopts need no exception in the policy. */
const adopted = {
  name: "adopted-style-sheets",
  setup(/** @type {import("esbuild").PluginBuild} */ build) {
    build.onLoad({ filter: /style-mod[\\/](src|dist)[\\/]style-mod\.c?js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source.replace(
        "!root.head && root.adoptedStyleSheets",
        "root.adoptedStyleSheets",
      );
      if (contents === source) throw new Error("style-mod has changed: see web/assets/policy.mjs");
      return { contents, loader: "js" };
    });
  },
};

/** Our element templates are checked by the tests; the JSON Schema validator (630 KB) stays out of the browser. */
const unchecked = {
  name: "unchecked-templates",
  setup(/** @type {import("esbuild").PluginBuild} */ build) {
    build.onResolve({ filter: /^@bpmn-io\/element-templates-validator$/ }, () => ({
      path: UNCHECKED,
    }));
  },
};

/** form-js comes in two packages that would bring a preact each; hooks of one do not work in the other. */
const onePreact = {
  name: "one-preact",
  setup(/** @type {import("esbuild").PluginBuild} */ build) {
    build.onResolve({ filter: /^preact($|\/)/ }, ({ path, importer, kind }) => {
      if (!/form-js-viewer|studio[\\/]forms/.test(importer)) return null;
      return build.resolve(path, { kind, resolveDir: EDITOR });
    });
  },
};

/** Inks of typed expressions: the editor has them as numbers, here they follow the theme of the page. */
const INKS = {
  "#24292f": "ink",
  "#a31515": "late",
  "#1a7f37": "brand",
  "#06704a": "brand",
  "#0969da": "waiting",
  "#0550ae": "waiting",
  "#b54a00": "soon",
  "#953800": "soon",
  "#8250df": "paused",
  "#69727b": "ink-3",
};
const inks = {
  name: "inks-of-expressions",
  setup(/** @type {import("esbuild").PluginBuild} */ build) {
    build.onLoad({ filter: /cm-theme[\\/]dist[\\/]index\.js$/ }, async ({ path }) => {
      const [light, ...rest] = (await readFile(path, "utf8")).split("const feelDark");
      const contents = Object.entries(INKS).reduce((text, [ink, name]) => {
        if (!text.includes(`'${ink}'`)) throw new Error(`cm-theme has changed: no ${ink}`);
        return text.replaceAll(`'${ink}'`, `'var(--gc-${name})'`);
      }, light);
      return { contents: [contents, ...rest].join("const feelDark"), loader: "js" };
    });
  },
};

export const plugins = [adopted, unchecked, onePreact, inks];
