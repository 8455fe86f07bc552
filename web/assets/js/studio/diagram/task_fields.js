// @ts-check
// What a user task of ours may say: who, with which form, what may come out, who hears of it.
import { both } from "../language/words.js";
import { forms, prints } from "../vocabulary.js";
import { RETURNS, START, USER_TASK, fixed, property, repeated, roles, steps } from "./choices.js";

/** @type {import("./choices.js").Group[]} */
export const TASK = [
  {
    id: "who",
    label: both("谁来办", "Who"),
    on: USER_TASK,
    fields: [
      {
        id: "candidateGroups",
        kind: "list",
        label: both("岗位", "Roles"),
        at: { type: "zeebe:AssignmentDefinition", attribute: "candidateGroups" },
        offers: roles,
        expression: true,
      },
      {
        id: "assignee",
        kind: "feel",
        label: both("指定的人", "Person"),
        help: both(
          "用户名或表达式；不写就由岗位领取",
          "User name or expression; without it the roles claim",
        ),
        at: { type: "zeebe:AssignmentDefinition", attribute: "assignee" },
      },
      {
        id: "distinctFrom",
        kind: "list",
        label: both("不得与这些步骤同一人", "Not who did these steps"),
        at: property("distinctFrom"),
        offers: steps,
      },
      {
        id: "onBehalfOf",
        kind: "choice",
        label: both("代表", "On behalf of"),
        at: property("onBehalfOf"),
        free: true,
        offers: fixed([
          ["ext_customer", "业主、住户", "Owner or resident"],
          ["ext_contractor", "施工单位", "Contractor"],
          ["ext_developer", "开发商", "Developer"],
        ]),
      },
      {
        id: "emptyApprovers",
        kind: "choice",
        label: both("没有人在岗时", "When nobody is on duty"),
        at: property("emptyApprovers"),
        offers: fixed([
          ["refuse", "不许提交上一步", "Refuse the step before"],
          ["admin", "交给管理员", "Administrator"],
          ["skip", "跳过", "Skip"],
        ]),
      },
      {
        id: "repeatedApprover",
        kind: "choice",
        label: both("审批人已批过时", "When the approver has approved before"),
        at: property("repeatedApprover"),
        offers: fixed([
          ["ask", "照样要批", "Ask again"],
          ["skip", "跳过", "Skip"],
        ]),
      },
    ],
  },
  {
    id: "paper",
    label: both("表单与打印", "Form and prints"),
    on: (object) => USER_TASK(object) || START(object),
    fields: [
      {
        id: "formId",
        kind: "choice",
        label: both("表单", "Form"),
        at: { type: "zeebe:FormDefinition", attribute: "formId" },
        offers: forms,
        opens: "form",
      },
      {
        id: "print",
        kind: "list",
        label: both("可打印的记录", "Records to print"),
        at: property("print"),
        offers: prints,
      },
    ],
  },
  {
    id: "outcome",
    label: both("结果与退回", "Outcomes and return"),
    on: USER_TASK,
    fields: [
      {
        id: "outcomes",
        kind: "list",
        label: both("可以的结果", "Possible outcomes"),
        help: both("不写就只有“完成”", "Without any there is just “done”"),
        at: property("outcomes"),
        offers: fixed([
          ["approve", "同意", "Approve"],
          ["conditional", "有条件同意", "Conditional"],
          ["reject", "否决", "Reject"],
          ["return", "退回", "Return"],
          ["abstain", "弃权", "Abstain"],
        ]),
      },
      {
        id: "returnTo",
        kind: "list",
        label: both("可以退回到", "May be returned to"),
        at: property("returnTo"),
        offers: (studio, element) => [...RETURNS(), ...steps(studio, element)],
      },
      {
        id: "rejectTo",
        kind: "choice",
        label: both("否决后去", "A rejection leads to"),
        help: both("图上画了去向就不用写", "Not needed where the diagram draws it"),
        at: property("rejectTo"),
        offers: (studio, element) => [
          { value: "end", label: both("结束流程", "The end") },
          ...steps(studio, element),
        ],
        free: true,
      },
    ],
  },
  {
    id: "vote",
    label: both("会签", "Vote"),
    on: repeated,
    fields: [
      {
        id: "vote",
        kind: "choice",
        label: both("怎样算通过", "What passes"),
        at: property("vote"),
        offers: fixed([
          ["all", "全部同意", "All approve"],
          ["any", "一人决定", "The first decides"],
          ["ratio", "按比例", "A share"],
          ["count", "按人数", "A number"],
        ]),
      },
      {
        id: "passRatio",
        kind: "text",
        label: both("通过比例（％）", "Share that passes (%)"),
        at: property("passRatio"),
      },
      {
        id: "passCount",
        kind: "text",
        label: both("通过人数", "Number that passes"),
        at: property("passCount"),
      },
      {
        id: "rejectCount",
        kind: "text",
        label: both("否决人数", "Number that rejects"),
        at: property("rejectCount"),
      },
      {
        id: "veto",
        kind: "list",
        label: both("一票否决", "Veto"),
        at: property("veto"),
        offers: (studio) => [
          { value: "true", label: both("任何一人", "Anybody") },
          ...roles(studio),
        ],
      },
    ],
  },
  {
    id: "copy",
    label: both("抄送", "Copies"),
    on: USER_TASK,
    fields: [
      {
        id: "copyTo",
        kind: "list",
        label: both("办完抄送给", "Sent to read when done"),
        at: property("copyTo"),
        expression: true,
        offers: (studio) => [
          { value: "starter", label: both("发起人", "The starter") },
          ...roles(studio),
        ],
      },
    ],
  },
];
