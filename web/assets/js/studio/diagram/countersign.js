// @ts-check
// Element templates cannot bind a loop: whoever makes a step a 会签 gets one with it, in the same step of undo.
import CommandInterceptor from "diagram-js/lib/command/CommandInterceptor";
import { COUNTERSIGN } from "./templates.js";

export class Countersign extends CommandInterceptor {
  /** @param {any} eventBus @param {any} modeling @param {any} bpmnFactory */
  constructor(eventBus, modeling, bpmnFactory) {
    super(eventBus);
    this.modeling = modeling;
    this.factory = bpmnFactory;
    this.postExecuted(
      ["propertiesPanel.zeebe.changeTemplate", "shape.create", "shape.append"],
      200,
      (/** @type {any} */ { context }) => {
        const element = context.element ?? context.shape;
        const object = element?.businessObject;
        if (object?.get("modelerTemplate") === COUNTERSIGN && !object.get("loopCharacteristics"))
          this.loop(element);
      },
    );
  }

  /** @param {string} type @param {any} parent @param {any} properties */
  make(type, parent, properties) {
    const made = this.factory.create(type, properties);
    made.$parent = parent;
    return made;
  }

  /** @param {any} element */
  loop(element) {
    const loop = this.make("bpmn:MultiInstanceLoopCharacteristics", element.businessObject, {});
    const extensions = this.make("bpmn:ExtensionElements", loop, { values: [] });
    extensions.values.push(
      this.make("zeebe:LoopCharacteristics", extensions, {
        inputCollection: "=signers",
        inputElement: "signer",
        outputCollection: "opinions",
        outputElement: "={signer: signer, outcome: outcome}",
      }),
    );
    loop.set("extensionElements", extensions);
    this.modeling.updateProperties(element, { loopCharacteristics: loop });
  }
}
Countersign.$inject = ["eventBus", "modeling", "bpmnFactory"];

export default { __init__: ["countersign"], countersign: ["type", Countersign] };
