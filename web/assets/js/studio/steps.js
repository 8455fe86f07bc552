// @ts-check
// Steps of a scenario: what kinds there are, what each may say, and how one reads in a table.
import { formOf, nameOf } from "./outline.js";
import { sayValues } from "./step_values.js";
import { both, say } from "./language/words.js";

/** @typedef {Record<string, any>} Step */
/** @typedef {{name: string, fields: [string, string][], fresh: (process: string) => Step}} Kind */

const actor = both(
  "办理人的用户名，没有这个岗位就算失败",
  "user name; without the role the case fails",
);
const variables = both(
  "填的内容；金额用分，时间用 ISO 8601",
  "what is filled in; money in fen, moments in ISO 8601",
);
const states = {
  task: "IS_CREATED, IS_COMPLETED, IS_CANCELED",
  element: "IS_ACTIVE, IS_COMPLETED, IS_TERMINATED, IS_NOT_ACTIVATED, IS_NOT_ACTIVE",
};
/** @param {string} process */
const task = (process) => ({ elementId: "", processDefinitionId: process });
/** @param {string} process */
const instance = (process) => ({ processDefinitionId: process });

/** @type {Record<string, Kind>} */
export const KINDS = {
  CREATE_PROCESS_INSTANCE: {
    name: both("发起", "Start"),
    fields: [
      ["processDefinitionSelector", both("哪个流程", "which process")],
      ["variables", variables],
      ["metadata.actor", actor],
      ["metadata.refuses", both("先试、都该被拒的", "tried first, all must be refused")],
    ],
    fresh: (process) => ({
      processDefinitionSelector: instance(process),
      variables: {},
      metadata: { actor: "" },
    }),
  },
  COMPLETE_USER_TASK: {
    name: both("办理一步", "Complete a task"),
    fields: [
      ["userTaskSelector.elementId", both("步骤编号", "id of the step")],
      ["variables", variables],
      ["metadata.actor", actor],
      [
        "metadata.refuses",
        both(
          "先试、都该被拒的：{actor} 或 {variables, errors}",
          "tried first, each must be refused: {actor} or {variables, errors}",
        ),
      ],
    ],
    fresh: (process) => ({
      userTaskSelector: task(process),
      variables: {},
      metadata: { actor: "" },
    }),
  },
  SET_TIME: {
    name: both("把时间拨到", "Set the time"),
    fields: [
      [
        "time",
        both("UTC 时刻，如 2026-11-20T01:48:00Z", "moment in UTC, such as 2026-11-20T01:48:00Z"),
      ],
    ],
    fresh: () => ({ time: "2026-11-20T01:48:00Z" }),
  },
  INCREASE_TIME: {
    name: both("过一段时间", "Let time pass"),
    fields: [["duration", both("如 PT2H、P3D", "such as PT2H, P3D")]],
    fresh: () => ({ duration: "P1D" }),
  },
  PUBLISH_MESSAGE: {
    name: both("来一条消息", "Publish a message"),
    fields: [
      ["name", both("消息名", "its name")],
      ["correlationKey", both("关联键", "correlation key")],
      ["variables", variables],
    ],
    fresh: () => ({ name: "", correlationKey: "", variables: {} }),
  },
  ASSERT_USER_TASK: {
    name: both("待办应当", "A task should be"),
    fields: [
      ["userTaskSelector.elementId", both("步骤编号", "id of the step")],
      ["state", states.task],
      ["candidateGroups", both("岗位", "roles")],
      ["dueDate", both("到期时刻（UTC）", "due, in UTC")],
      ["name", both("名称", "name")],
    ],
    fresh: (process) => ({ userTaskSelector: task(process), state: "IS_CREATED" }),
  },
  ASSERT_ELEMENT_INSTANCES: {
    name: both("元素应当", "Elements should be"),
    fields: [
      ["elementSelectors", both("[{elementId}]", "[{elementId}]")],
      ["state", states.element],
    ],
    fresh: (process) => ({
      processInstanceSelector: instance(process),
      elementSelectors: [{ elementId: "" }],
      state: "IS_COMPLETED",
    }),
  },
  ASSERT_PROCESS_INSTANCE: {
    name: both("流程应当", "The process should be"),
    fields: [
      ["state", "IS_ACTIVE, IS_COMPLETED, IS_TERMINATED"],
      ["hasActiveIncidents", "true, false"],
    ],
    fresh: (process) => ({
      processInstanceSelector: instance(process),
      state: "IS_COMPLETED",
      hasActiveIncidents: false,
    }),
  },
  ASSERT_VARIABLES: {
    name: both("变量应当", "Variables should be"),
    fields: [["variables", both("名称和值", "names and values")]],
    fresh: (process) => ({ processInstanceSelector: instance(process), variables: {} }),
  },
};

const STATES = {
  IS_CREATED: both("在办", "open"),
  IS_ACTIVE: both("在办", "active"),
  IS_COMPLETED: both("已完成", "completed"),
  IS_CANCELED: both("已取消", "canceled"),
  IS_TERMINATED: both("已终止", "terminated"),
  IS_NOT_ACTIVE: both("不在办", "not active"),
  IS_NOT_ACTIVATED: both("没有走到", "not reached"),
};

/** A moment as the reader's clock shows it. @param {string | undefined} time */
export function local(time) {
  const then = new Date(time ?? "");
  if (Number.isNaN(+then)) return "";
  return new Date(+then - then.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** @param {string | undefined} time */
const moment = (time) => local(time).replace("T", " ") || time;

/** @param {any[]} named @param {string} key */
const named = (named, key) => (named ?? []).find((each) => each.key === key)?.name ?? key;

/** How a step reads: kind, where, who, what. @param {Step} step @param {import("./studio.js").Studio} studio @param {string} process */
export function reading(step, studio, process) {
  const { locale, vocabulary } = studio;
  const { files } = studio.bundle;
  const home =
    step.userTaskSelector?.processDefinitionId ??
    step.processInstanceSelector?.processDefinitionId ??
    step.processDefinitionSelector?.processDefinitionId ??
    process;
  const ids = step.userTaskSelector
    ? [step.userTaskSelector.elementId]
    : (step.elementSelectors ?? []).map((/** @type {any} */ each) => each.elementId);
  const names = ids.map((/** @type {string} */ id) => nameOf(files, locale, home, id));
  const form = formOf(files, home, step.userTaskSelector?.elementId ?? "");
  const told = [
    moment(step.time),
    step.duration,
    step.name,
    step.correlationKey,
    STATES[step.state],
    (step.candidateGroups ?? [])
      .map((/** @type {string} */ role) => named(vocabulary.roles, role))
      .join(say("comma")),
    moment(step.dueDate),
    sayValues(studio, step.type.startsWith("ASSERT") ? "" : form, step.variables ?? {}),
  ];
  const refused = step.metadata?.refuses?.length;
  return {
    kind: KINDS[step.type]?.name ?? step.type,
    where: names.length
      ? names.join(say("comma"))
      : home === process && !step.processDefinitionSelector
        ? ""
        : nameOf(files, locale, home, home),
    actor: named(vocabulary.people, step.metadata?.actor ?? ""),
    what: [
      ...told.filter(Boolean),
      refused ? both(`先拒 ${refused} 次`, `refused first: ${refused}`) : "",
    ]
      .filter(Boolean)
      .join(" · "),
  };
}
