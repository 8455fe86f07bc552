// @ts-check
// Reads and writes what hangs at an element as zeebe extension elements; every write is one step of undo.

/** @typedef {{property: string} | {type: string, attribute: string}} Place where a value lies: a named property, or an attribute of an extension element */

/** A pool speaks for its process. @param {any} element */
export function subject(element) {
  const object = element.businessObject;
  return object.$instanceOf("bpmn:Participant") ? object.get("processRef") : object;
}

/** @param {any} object @returns {any[]} */
const values = (object) => object?.get("extensionElements")?.get("values") ?? [];

/** @param {any} object @param {string} type */
export const extension = (object, type) => values(object).find((each) => each.$type === type);

/** @param {any} object @returns {Record<string, string>} */
export function properties(object) {
  const all = extension(object, "zeebe:Properties")?.get("properties") ?? [];
  return Object.fromEntries(all.map((/** @type {any} */ { name, value }) => [name, value]));
}

/** @param {any} element @param {Place} place @returns {string} */
export function read(element, place) {
  const object = subject(element);
  if ("property" in place) return properties(object)[place.property] ?? "";
  return extension(object, place.type)?.get(place.attribute) ?? "";
}

export class Extensions {
  /** @param {any} bpmnFactory @param {any} commandStack */
  constructor(bpmnFactory, commandStack) {
    this.factory = bpmnFactory;
    this.stack = commandStack;
  }

  /** @param {any} element @param {Place} place @param {string | undefined} value nothing and "" take it away */
  write(element, place, value) {
    if ((value ?? "") === read(element, place)) return;
    const type = "property" in place ? "zeebe:Properties" : place.type;
    /** @type {any[]} */
    const commands = [];
    const set = (/** @type {any} */ target, /** @type {any} */ properties) =>
      commands.push({
        cmd: "element.updateModdleProperties",
        context: { element, moddleElement: target, properties },
      });
    const owner = this.owner(element, type, set);
    const empty =
      "property" in place
        ? this.name(owner, place, value, set)
        : this.attribute(owner, place, value, set);
    if (empty) this.prune(element, owner, set);
    this.stack.execute("properties-panel.multi-command-executor", commands);
  }

  /** The extension element that holds a value, made when there is none. @param {any} element @param {string} type @param {Function} set */
  owner(element, type, set) {
    const object = subject(element);
    const known = extension(object, type);
    if (known) return known;
    let all = object.get("extensionElements");
    const before = all?.get("values") ?? [];
    if (!all) {
      all = this.factory.create("bpmn:ExtensionElements", { values: [] });
      all.$parent = object;
      set(object, { extensionElements: all });
    }
    const made = this.factory.create(type, {});
    made.$parent = all;
    set(all, { values: [...before, made] });
    return made;
  }

  /** @param {any} owner @param {any} place @param {string | undefined} value @param {Function} set @returns {boolean} whether nothing is left */
  name(owner, { property }, value, set) {
    const all = owner.get("properties") ?? [];
    const known = all.find((/** @type {any} */ each) => each.name === property);
    if (value && known) return set(known, { value }) && false;
    if (value) {
      const made = this.factory.create("zeebe:Property", { name: property, value });
      made.$parent = owner;
      return set(owner, { properties: [...all, made] }) && false;
    }
    const rest = all.filter((/** @type {any} */ each) => each !== known);
    set(owner, { properties: rest });
    return rest.length === 0;
  }

  /** @param {any} owner @param {any} place @param {string | undefined} value @param {Function} set @returns {boolean} whether nothing is left */
  attribute(owner, { attribute }, value, set) {
    set(owner, { [attribute]: value || undefined });
    const others = owner.$descriptor.properties.filter(
      (/** @type {any} */ each) =>
        each.ns.localName !== attribute &&
        Object.hasOwn(owner, each.ns.localName) &&
        owner.get(each.name),
    );
    return !value && others.length === 0;
  }

  /** @param {any} element @param {any} owner @param {Function} set */
  prune(element, owner, set) {
    const object = subject(element);
    const all = object.get("extensionElements");
    const rest = values(object).filter((each) => each !== owner);
    if (rest.length) set(all, { values: rest });
    else set(object, { extensionElements: undefined });
  }
}
Extensions.$inject = ["bpmnFactory", "commandStack"];

export default { __init__: ["extensions"], extensions: ["type", Extensions] };
