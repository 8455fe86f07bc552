// @ts-check
// New files, new names, files thrown away; whatever refers to a name follows it.
import { confirm, name } from "./dialogs.js";
import { processes, stepOf } from "./outline.js";
import { blank } from "./blanks.js";
import { say } from "./language/words.js";
import { tabOf } from "./tabs.js";

const NAME = "[A-Za-z_][A-Za-z0-9_.\\-]*";

/** User tasks and starts that name no form of the bundle yet. @param {import("./studio.js").Studio} studio */
function wanted({ bundle }) {
  return processes(bundle.files).flatMap((process) =>
    [...process.elements.values()]
      .filter(({ type }) => type === "userTask" || type === "startEvent")
      .map(({ id, name, form }) => ({ value: form || `${process.id}.${id}`, label: name }))
      .filter(({ value }) => !(`forms/${value}.form` in bundle.files)),
  );
}

/** @param {import("./studio.js").Studio} studio @param {import("./tabs.js").Tab} tab @param {string} [suggestion] */
export async function create(studio, tab, suggestion = "") {
  const { folder = "", ending = "" } = tab;
  const field = {
    label: say("fileName"),
    value: suggestion,
    offers: tab.id === "forms" ? wanted(studio) : [],
    pattern: NAME,
    hint: say("nameHint"),
  };
  const key = await name(say("newFile"), field, say("create"));
  if (key) await put(studio, `${folder}${key}${ending}`, key);
}

/** @param {import("./studio.js").Studio} studio @param {string} path @param {string} key */
async function put(studio, path, key) {
  if (!(path in studio.bundle.files)) studio.bundle.put(path, blank(path, key, studio));
  await studio.show(path);
}

/** Make the form of a step and open it, or open the one there is. @param {import("./studio.js").Studio} studio @param {string} id */
export async function openForm(studio, id) {
  await studio.bundle.flush();
  await put(studio, `forms/${id}.form`, id);
}

/** @param {import("./studio.js").Studio} studio @param {string} path */
export async function rename(studio, path) {
  const { folder = "", ending = "" } = tabOf(path) ?? {};
  const old = path.slice(folder.length, -ending.length);
  const field = { label: say("fileName"), value: old, pattern: NAME, hint: say("renameHint") };
  const key = await name(say("rename"), field, say("rename"));
  const fresh = `${folder}${key}${ending}`;
  if (!key || fresh === path || fresh in studio.bundle.files) return;
  const files = await studio.bundle.flush();
  for (const [each, text] of Object.entries(renamed(files, path, old, fresh, key)))
    if (files[each] !== text) studio.bundle.put(each, text ?? undefined);
  await studio.show(fresh);
}

/** @param {string} text */
const quoted = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** @param {Record<string, string>} files @param {string} path @param {string} old @param {string} fresh @param {string} key @returns {Record<string, string | null>} what changes when a file gets another name */
function renamed(files, path, old, fresh, key) {
  const reference = new RegExp(`\\b((?:form|decision)Id|href)=(["'])(#?)${quoted(old)}\\2`, "g");
  const texts = new RegExp(`^(\\s*")${quoted(old)}\\.`, "gm");
  const own = path.endsWith(".form")
    ? new RegExp(`("id":\\s*")${quoted(old)}(")`)
    : new RegExp(`(<(?:\\w+:)?decision [^>]*id=")${quoted(old)}(")`);
  /** @type {Record<string, string | null>} */
  const changes = { [path]: null, [fresh]: files[path].replace(own, `$1${key}$2`) };
  for (const [each, text] of Object.entries(files)) {
    if (/\.(bpmn|dmn)$/.test(each) && each !== path)
      changes[each] = text.replace(reference, `$1=$2$3${key}$2`);
    if (/^texts\//.test(each)) changes[each] = text.replace(texts, `$1${key}.`);
  }
  return changes;
}

/** @param {import("./studio.js").Studio} studio @param {string} path */
export async function remove(studio, path) {
  const { folder = "", ending = "" } = tabOf(path) ?? {};
  const key = path.slice(folder.length, -ending.length);
  const step = path.endsWith(".form") ? stepOf(studio.bundle.files, studio.locale, key) : "";
  const text = step ? say("deleteUsed", step) : say("deleteUnused");
  if (!(await confirm(say("deleteTitle", key), text, say("delete")))) return;
  studio.bundle.put(path);
  await studio.show(
    studio.bundle.list(tabOf(path)?.pattern ?? /^$/)[0] ?? studio.bundle.list(/^[^/]+\.bpmn$/)[0],
  );
}
