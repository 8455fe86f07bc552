// @ts-check
// Our own components as the form editor shows them: what staff get is drawn by the server (web/forms).
import { Description, Errors, Label } from "@bpmn-io/form-js-viewer";
import { jsx, jsxs } from "preact/jsx-runtime";
import { both } from "../language/words.js";

const ENTRIES = ["key", "label", "description", "disabled", "readonly", "condition"];

/** @typedef {{type: string, name: string, sample: string, mark: string, entries?: string[], create?: object}} Kind */

/** @type {Kind[]} */
const KINDS = [
  { type: "unit", name: both("单元（房号）", "Unit"), sample: "3-2-1201", mark: "⌂" },
  {
    type: "person",
    name: both("人员", "Person"),
    sample: both("从名单里选", "Chosen from the staff"),
    mark: "☺",
  },
  {
    type: "money",
    name: both("金额", "Money"),
    sample: "1,372.80",
    mark: "¥",
    entries: ["defaultValue"],
  },
  {
    type: "signature",
    name: both("签名", "Signature"),
    sample: both("在框内签名", "Signed in the frame"),
    mark: "✎",
  },
  {
    type: "photo",
    name: both("照片", "Photos"),
    sample: both("拍照或选照片", "Taken or chosen"),
    mark: "▣",
  },
  {
    type: "documents",
    name: both("应交资料", "Documents"),
    sample: both("逐件勾选原件、复印件并拍照", "Original, copy and photo of each"),
    mark: "☰",
    create: { valuesExpression: "=documents" },
  },
];

/** @param {string} mark @returns {string} an icon for palette and header */
const iconOf = (mark) =>
  `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" width="54" height="54"><text x="27" y="36" font-size="26" text-anchor="middle" fill="#2f8f83">${mark}</text></svg>`,
  )}`;

/** @param {Kind} kind */
function component({ type, name, sample, mark, create }) {
  /** @param {any} props */
  function Field({ field, errors = [], domId }) {
    const { label, description, readonly, validate = {} } = field;
    return jsxs("div", {
      class: `fjs-form-field fjs-form-field-${type} gc-own-field`,
      children: [
        jsx(Label, { label, required: validate.required, id: domId, htmlFor: domId }),
        jsxs("div", {
          class: `gc-own-box${readonly ? " is-readonly" : ""}`,
          id: domId,
          children: [jsx("b", { "aria-hidden": "true", children: mark }), sample],
        }),
        jsx(Description, { description }),
        jsx(Errors, { errors }),
      ],
    });
  }
  Field.config = {
    type,
    name,
    label: name,
    keyed: true,
    group: "basic-input",
    iconUrl: iconOf(mark),
    emptyValue: null,
    sanitizeValue: (/** @type {any} */ { value }) => value,
    create: (options = {}) => ({ label: name, ...create, ...options }),
    propertiesPanelEntries: ENTRIES,
  };
  return Field;
}

/** What staff cannot be given: the engine's gate refuses it (engine/forms). */
const REFUSED = ["html", "image", "iframe", "documentPreview", "button"];

class OwnFields {
  /** @param {any} formFields */
  constructor(formFields) {
    for (const type of REFUSED) delete formFields._formFields[type];
    for (const kind of KINDS) formFields.register(kind.type, component(kind));
  }
}
/** @type {any} */ (OwnFields).$inject = ["formFields"];

export default { __init__: ["ownFields"], ownFields: ["type", OwnFields] };
