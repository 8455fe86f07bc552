// @ts-check
// bpmn-js with the Zeebe panel, put together for one diagram.
import ElementTemplateChooser from "@bpmn-io/element-template-chooser";
import Modeler from "bpmn-js/lib/Modeler";
import {
  CreateAppendAnythingModule,
  CreateAppendElementTemplatesModule,
} from "bpmn-js-create-append-anything";
import { CloudElementTemplatesPropertiesProviderModule } from "bpmn-js-element-templates";
import {
  BpmnPropertiesPanelModule,
  BpmnPropertiesProviderModule,
  ZeebePropertiesProviderModule,
} from "bpmn-js-properties-panel";
import TokenSimulation from "bpmn-js-token-simulation";
import CamundaBehaviors from "camunda-bpmn-js-behaviors/lib/camunda-cloud";
import Minimap from "diagram-js-minimap";
import { COLOURS } from "../../viewer/colours.js";
import zeebe from "zeebe-bpmn-moddle/resources/zeebe.json";
import Translate from "../language/translate.js";
import { both } from "../language/words.js";
import Countersign from "./countersign.js";
import Extensions from "./extensions.js";
import Menus from "./menus.js";
import Panel from "./panel.js";
import { templates } from "./templates.js";
import Variables from "./variables.js";

const MODULES = [
  BpmnPropertiesPanelModule,
  BpmnPropertiesProviderModule,
  ZeebePropertiesProviderModule,
  CloudElementTemplatesPropertiesProviderModule,
  CamundaBehaviors,
  ElementTemplateChooser,
  CreateAppendAnythingModule,
  CreateAppendElementTemplatesModule,
  TokenSimulation,
  Minimap,
  Variables,
  Extensions,
  Countersign,
  Menus,
  Panel,
  Translate,
];

/**
 * @param {HTMLElement} canvas
 * @param {HTMLElement} panel
 * @param {import("../studio.js").Studio} studio
 */
export function create(canvas, panel, studio) {
  const fontFamily = getComputedStyle(document.body).fontFamily;
  const modeler = new Modeler({
    container: canvas,
    propertiesPanel: { parent: panel, feelPopupContainer: document.body },
    moddleExtensions: { zeebe },
    exporter: { name: "Guicheng", version: "1" },
    bpmnRenderer: COLOURS,
    textRenderer: {
      defaultStyle: { fontFamily, fontSize: 13 },
      externalStyle: { fontFamily, fontSize: 12 },
    },
    studio,
    additionalModules: MODULES,
  });
  modeler.get("elementTemplatesLoader").setTemplates(templates(both));
  return modeler;
}
