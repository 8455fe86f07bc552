// @ts-check
// The groups of the properties panel that are ours, in the order an owner thinks.
import { both } from "../language/words.js";
import { decisions, offers } from "../vocabulary.js";
import { START, USER_TASK, callable, fixed, is, limits, property, roles } from "./choices.js";
import { TASK } from "./task_fields.js";

/** @type {import("./choices.js").Group[]} */
const OTHERS = [
  {
    id: "start",
    label: both("发起", "Start"),
    on: START,
    fields: [
      {
        id: "startGroups",
        kind: "list",
        label: both("谁可以发起", "Who may start"),
        at: property("startGroups"),
        offers: (studio) => [
          { value: "all_staff", label: both("全体员工", "All staff") },
          ...roles(studio),
        ],
      },
      {
        id: "businessKey",
        kind: "feel",
        label: both("业务编号", "Business key"),
        help: both("同一项目内不得有两个同号的在办", "Unique among the active ones of a site"),
        at: property("businessKey"),
      },
      {
        id: "numberPrefix",
        kind: "text",
        label: both("单号字头", "Prefix of numbers"),
        help: both("如 RH", "Such as RH"),
        at: property("numberPrefix"),
      },
    ],
  },
  {
    id: "process",
    label: both("流程", "Process"),
    on: is("bpmn:Process"),
    fields: [
      {
        id: "summary",
        kind: "feel",
        label: both("待办里的摘要", "Summary in the inbox"),
        help: both("表达式，最多三项", "Expression, up to three texts"),
        at: property("summary"),
      },
      {
        id: "cancelable",
        kind: "choice",
        label: both("发起人可以撤销", "The starter may cancel"),
        at: property("cancelable"),
        free: true,
        offers: fixed([["starter", "任何时候", "At any time"]]),
      },
      {
        id: "startSites",
        kind: "text",
        label: both("定时发起的项目", "Sites of timed starts"),
        help: both("项目编号，用逗号分开；不写就是全部", "Keys of sites; without any all of them"),
        at: property("startSites"),
      },
    ],
  },
  {
    id: "decision",
    label: both("决策", "Decision"),
    on: is("bpmn:BusinessRuleTask"),
    fields: [
      {
        id: "decisionId",
        kind: "choice",
        label: both("决策表", "Decision"),
        at: { type: "zeebe:CalledDecision", attribute: "decisionId" },
        offers: decisions,
        opens: "decision",
        free: true,
      },
      {
        id: "resultVariable",
        kind: "text",
        label: both("结果变量", "Result variable"),
        at: { type: "zeebe:CalledDecision", attribute: "resultVariable" },
      },
    ],
  },
  {
    id: "called",
    label: both("调用的流程", "Called process"),
    on: is("bpmn:CallActivity"),
    fields: [
      {
        id: "processId",
        kind: "choice",
        label: both("流程", "Process"),
        at: { type: "zeebe:CalledElement", attribute: "processId" },
        offers: callable,
        opens: "process",
        free: true,
      },
    ],
  },
  {
    id: "job",
    label: both("自动处理", "Automatic work"),
    on: (object) => object.$instanceOf("bpmn:ServiceTask") || object.$instanceOf("bpmn:SendTask"),
    fields: [
      {
        id: "type",
        kind: "choice",
        label: both("做什么", "What is done"),
        at: { type: "zeebe:TaskDefinition", attribute: "type" },
        offers: (studio) => offers(studio, "jobTypes"),
        free: true,
      },
    ],
  },
  {
    id: "time",
    label: both("时限与出处", "Time and source"),
    on: (object) => object.$instanceOf("bpmn:FlowNode") || object.$instanceOf("bpmn:Process"),
    fields: [
      {
        id: "clause",
        kind: "text",
        label: both("出处", "Clause"),
        help: both(
          "制度条款，公司自定写【设】",
          "Where the step comes from; 【设】 when the company sets it",
        ),
        at: property("clause"),
      },
      {
        id: "limit",
        kind: "choice",
        label: both("时限", "Time limit"),
        help: both("数值在“时限”里改，按项目可不同", "Its value is kept with the limits, per site"),
        at: property("limit"),
        offers: limits,
        free: true,
      },
      {
        id: "clockStart",
        kind: "list",
        label: both("时限从这里起算", "Starts these clocks"),
        at: property("clockStart"),
        offers: limits,
      },
      {
        id: "clockStop",
        kind: "list",
        label: both("时限到这里为止", "Stops these clocks"),
        at: property("clockStop"),
        offers: limits,
      },
      {
        id: "clockPause",
        kind: "list",
        label: both("在此期间停算", "Pauses these clocks"),
        at: property("clockPause"),
        offers: limits,
      },
    ],
  },
];

export const GROUPS = [...TASK, ...OTHERS];

/** Which fields of a group an element has: only user tasks have a limit and prints of their own. @param {import("./choices.js").Group} group @param {any} object */
export function fieldsOf(group, object) {
  const user = USER_TASK(object);
  const process = object.$instanceOf("bpmn:Process");
  return group.fields.filter(({ id }) => {
    if (id === "print") return user;
    if (id === "limit") return user;
    return id.startsWith("clock") ? !process : true;
  });
}

export const OURS = new Set(
  GROUPS.flatMap(({ fields }) => fields.map(({ at }) => ("property" in at ? at.property : ""))),
);
