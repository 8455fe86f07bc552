// @ts-check
// Steps as our procedures use them. A template sets what makes the step what it is; the rest is filled in by the
// panel's own groups, which offer roles, limits and steps by name.

export const COUNTERSIGN = "guicheng.countersign";
const SCHEMA =
  "https://unpkg.com/@camunda/zeebe-element-templates-json-schema/resources/schema.json";

/** @param {string} name @param {string} value */
const property = (name, value) => ({
  type: "Hidden",
  value,
  binding: { type: "zeebe:property", name },
});
const userTask = { type: "Hidden", binding: { type: "zeebe:userTask" } };

/** @param {string} id @param {string} type @param {any[]} properties @param {string} name @param {string} description */
const template = (id, type, properties, name, description) => ({
  $schema: SCHEMA,
  id,
  name,
  description,
  version: 1,
  appliesTo: type.endsWith("Task") ? ["bpmn:Task", type] : [type],
  elementType: { value: type },
  entriesVisible: true,
  properties,
});

/** @param {(zh: string, en: string) => string} both @returns {any[]} */
const notice = (both) => [
  {
    type: "Hidden",
    value: "guicheng.notify",
    binding: { type: "zeebe:taskDefinition", property: "type" },
  },
  {
    label: both("通知谁（岗位）", "Who (roles)"),
    type: "String",
    feel: "required",
    value: '=["service_supervisor"]',
    binding: { type: "zeebe:input", name: "roles" },
    constraints: { notEmpty: true },
  },
  {
    label: both("说什么", "What to say"),
    type: "Text",
    feel: "required",
    value: '=""',
    binding: { type: "zeebe:input", name: "text" },
    constraints: { notEmpty: true },
  },
];

/** @param {(zh: string, en: string) => string} both gives the one in the reader's language */
export const templates = (both) => [
  template(
    "guicheng.task",
    "bpmn:UserTask",
    [userTask, property("clause", "【设】")],
    both("办理", "Task"),
    both("一人按表单办理", "One person fills in a form"),
  ),
  template(
    "guicheng.approval",
    "bpmn:UserTask",
    [
      userTask,
      property("clause", "【设】"),
      property("outcomes", "approve,return,reject"),
      property("returnTo", "previous"),
    ],
    both("审批", "Approval"),
    both("同意、退回或否决", "Approve, return or reject"),
  ),
  template(
    COUNTERSIGN,
    "bpmn:UserTask",
    [
      userTask,
      {
        type: "Hidden",
        value: "=signer",
        binding: { type: "zeebe:assignmentDefinition", property: "assignee" },
      },
      property("clause", "【设】"),
      property("outcomes", "approve,reject"),
      property("vote", "all"),
    ],
    both("会签", "Countersign"),
    both("几个人各自表态", "Several people decide"),
  ),
  template(
    "guicheng.notice",
    "bpmn:ServiceTask",
    notice(both),
    both("通知", "Notice"),
    both("发出消息，不等回复", "A message nobody answers"),
  ),
  template(
    "guicheng.clock_start",
    "bpmn:IntermediateThrowEvent",
    [property("clause", "【设】")],
    both("时限起算", "Clock starts"),
    both("从这里起算一个时限", "A time limit begins here"),
  ),
  template(
    "guicheng.clock_stop",
    "bpmn:IntermediateThrowEvent",
    [property("clause", "【设】")],
    both("时限止算", "Clock stops"),
    both("到这里停止一个时限", "A time limit ends here"),
  ),
];
