// @ts-check
// The form editor gives every component an id and a row and sorts its keys. What it adds to a file by itself is taken
// away again, so that a form that was not changed stays as it was and a changed one differs only where it was changed.

const GENERATED = /^(Field|Row|Form)_[0-9a-z]{7}$/;

/** @param {any} component @returns {string} by which a component is found again */
const nameOf = ({ id, key, path, type }) =>
  String(id && !GENERATED.test(id) ? id : (key ?? path ?? type));

/** @param {any} before @param {any} after @returns {any} `after` with the keys of `before` first, in their order */
function ordered(before, after) {
  if (!before || typeof before !== "object" || Array.isArray(before)) return after;
  const first = Object.keys(before).filter((key) => key in after);
  const rest = Object.keys(after).filter((key) => !(key in before));
  return Object.fromEntries([...first, ...rest].map((key) => [key, after[key]]));
}

/** @param {any} before @param {any} after */
function layout(before, after) {
  const { layout: placed, ...rest } = after;
  if (!placed) return after;
  const kept = Object.fromEntries(
    Object.entries(placed).filter(
      ([key, value]) =>
        before?.layout?.[key] !== undefined ||
        (value !== null && !(key === "row" && GENERATED.test(String(value)))),
    ),
  );
  if (!before?.layout && (placed.columns === null || placed.columns === undefined)) return rest;
  return { ...after, layout: { ...(placed.row && { row: placed.row }), ...kept } };
}

/** @param {any[]} before @param {any[]} after @returns {any[]} */
function components(before = [], after = []) {
  const known = new Map(before.map((each) => [nameOf(each), each]));
  return after.map((each) => component(known.get(nameOf(each)), each));
}

/** @param {any} before @param {any} after */
function component(before, after) {
  let result = layout(before, after);
  if (before && !before.id && GENERATED.test(result.id ?? "")) delete (result = { ...result }).id;
  if (result.components)
    result = { ...result, components: components(before?.components, result.components) };
  for (const key of ["validate", "properties", "conditional", "appearance", "layout"])
    if (result[key] && before?.[key])
      result = { ...result, [key]: ordered(before[key], result[key]) };
  return ordered(before, result);
}

/** @param {any} before as the file was opened @param {any} after as the editor gives it */
export function settled(before, after) {
  const result = { ...after, components: components(before.components, after.components) };
  for (const key of ["exporter", "schemaVersion", "executionPlatform", "executionPlatformVersion"])
    if (before[key] !== undefined) result[key] = before[key];
  if (!before.exporter) delete result.exporter;
  if (!before.id) delete result.id;
  return ordered(before, result);
}
