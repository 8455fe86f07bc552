// @ts-check
// The fields of the properties panel that the stock panel does not have: one of a list, several of a list, with names.
import {
  FeelTextAreaEntry,
  SelectEntry,
  TextFieldEntry,
  isFeelEntryEdited,
  isSelectEntryEdited,
  isTextFieldEntryEdited,
} from "@bpmn-io/properties-panel";
import { useEffect, useState } from "@bpmn-io/properties-panel/preact/hooks";
import { jsx, jsxs } from "@bpmn-io/properties-panel/preact/jsx-runtime";
import { useService } from "bpmn-js-properties-panel";
import { read } from "./extensions.js";
import { say } from "../language/words.js";

/** @typedef {import("./choices.js").Field} Field */

/** What every entry needs: its value, and how to set it. @param {any} props */
function useField({ element, field }) {
  const extensions = useService("extensions");
  const debounce = useService("debounceInput");
  return {
    element,
    id: `gc-${field.id}`,
    label: field.label,
    description: field.help,
    debounce,
    getValue: () => read(element, field.at),
    setValue: (/** @type {string} */ value) => extensions.write(element, field.at, value),
  };
}

/** The variables known at an element, for completion. @param {any} element */
function useVariables(element) {
  const resolver = useService("variableResolver");
  const [variables, set] = useState(/** @type {any[]} */ ([]));
  useEffect(() => {
    resolver.getVariablesForElement(element.businessObject).then(set);
  }, [element]);
  return variables;
}

/** @param {any} props */
function Text(props) {
  return jsx(TextFieldEntry, useField(props));
}

/** @param {any} props */
function Feel(props) {
  const translate = useService("translate");
  const variables = useVariables(props.element);
  return jsx(FeelTextAreaEntry, { ...useField(props), feel: "optional", variables, translate });
}

/** @param {any} props */
function Choice(props) {
  const { element, field, studio } = props;
  const shared = useField(props);
  const value = shared.getValue();
  const offers = field.offers(studio, element);
  const known = !value || offers.some((/** @type {any} */ each) => each.value === value);
  const getOptions = () => [
    { value: "", label: say("none") },
    ...(known ? [] : [{ value, label: say("notListed", value) }]),
    ...offers,
  ];
  const select = jsx(SelectEntry, { ...shared, getOptions });
  const below = [];
  if (field.free) below.push(jsx(Other, { ...props, known }));
  if (field.opens) below.push(jsx(Opener, { ...props, value }));
  return below.length ? jsxs("div", { children: [select, ...below] }) : select;
}

/** A value of one's own, where the list is not all there is. @param {any} props */
function Other(props) {
  const [open, set] = useState(!props.known);
  const field = { ...props.field, id: `${props.field.id}-own`, label: "", help: "" };
  if (open) return jsx(Text, { ...props, field });
  return jsx("button", {
    type: "button",
    class: "gc-panel-link",
    onClick: () => set(true),
    children: say("ownValue"),
  });
}

/** Opens what a value names, or makes it. @param {any} props */
function Opener({ element, field, value, studio }) {
  const extensions = useService("extensions");
  const go = () =>
    studio.openNamed(field.opens, value, element, (/** @type {string} */ id) =>
      extensions.write(element, field.at, id),
    );
  if (!value && field.opens !== "form") return null;
  return jsx("button", {
    type: "button",
    class: "gc-panel-link",
    "data-open-named": field.opens,
    onClick: go,
    children: say(value ? "open" : "make"),
  });
}

/** @param {any} props */
function List(props) {
  const { element, field, studio } = props;
  const { id, label, description, getValue, setValue } = useField(props);
  const value = getValue();
  if (field.expression && value.startsWith("=")) return jsx(Feel, props);
  const chosen = value
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean);
  const offers = field.offers(studio, element);
  const name = (/** @type {string} */ each) =>
    offers.find((/** @type {any} */ offer) => offer.value === each)?.label ?? each;
  const set = (/** @type {string[]} */ list) => setValue(list.join(","));
  return jsxs("div", {
    class: "bio-properties-panel-entry",
    "data-entry-id": id,
    children: [
      jsx("label", {
        class: "bio-properties-panel-label",
        for: `bio-properties-panel-${id}`,
        children: label,
      }),
      jsx("ul", {
        class: "gc-chips",
        children: chosen.map((each) =>
          chip(name(each), () => set(chosen.filter((other) => other !== each))),
        ),
      }),
      adder(
        id,
        offers.filter((/** @type {any} */ each) => !chosen.includes(each.value)),
        (each) => set([...chosen, each]),
      ),
      field.expression &&
        jsx("button", {
          type: "button",
          class: "gc-panel-link",
          onClick: () => setValue("="),
          children: say("asExpression"),
        }),
      description &&
        jsx("div", { class: "bio-properties-panel-description", children: description }),
    ],
  });
}

/** @param {string} label @param {() => void} remove */
function chip(label, remove) {
  const button = {
    type: "button",
    "aria-label": say("removeOne", label),
    onClick: remove,
    children: "×",
  };
  return jsxs("li", { children: [label, jsx("button", button)] });
}

/** @param {string} id @param {any[]} offers @param {(value: string) => void} add */
function adder(id, offers, add) {
  const choose = (/** @type {any} */ event) => {
    const { value } = event.target;
    event.target.value = "";
    if (value) add(value);
  };
  const option = (/** @type {any} */ each) =>
    jsx("option", { value: each.value, children: each.label });
  return jsxs("select", {
    class: "bio-properties-panel-input",
    id: `bio-properties-panel-${id}`,
    onChange: choose,
    children: [jsx("option", { value: "", children: say("add") }), ...offers.map(option)],
  });
}

const isListEdited = (/** @type {any} */ node) =>
  Boolean(node?.closest("[data-entry-id]")?.querySelector(".gc-chips li"));
const KINDS = {
  text: { component: Text, isEdited: isTextFieldEntryEdited },
  feel: { component: Feel, isEdited: isFeelEntryEdited },
  choice: { component: Choice, isEdited: isSelectEntryEdited },
  list: { component: List, isEdited: isListEdited },
};

/** @param {Field} field @param {any} studio */
export const entry = (field, studio) => ({
  id: `gc-${field.id}`,
  field,
  studio,
  ...KINDS[field.kind],
});
