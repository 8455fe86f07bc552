// @ts-check
// What a rule of bpmnlint means, in a sentence.
import { both } from "../language/words.js";

/** @type {Record<string, [string, string]>} */
const SENTENCES = {
  "called-element": ["没有写明调用哪个流程", "It does not say which process is called"],
  "duplicate-task-headers": ["同一个参数写了两次", "A header is written twice"],
  "error-reference": ["错误没有选定，或没有代码", "No error is chosen, or it has no code"],
  "escalation-reference": [
    "升级没有选定，或没有代码",
    "No escalation is chosen, or it has no code",
  ],
  "event-based-gateway-target": [
    "事件网关后面只能是等待的事件或接收任务",
    "After an event-based gateway only events that wait and receive tasks may follow",
  ],
  "executable-process": ["流程没有标为可执行", "The process is not marked as executable"],
  feel: ["表达式写得不对", "An expression is not well written"],
  implementation: ["没有写明由什么来做", "It does not say what does the work"],
  "link-event": [
    "链接事件没有名称或没有对应的另一端",
    "A link event has no name or no counterpart",
  ],
  "loop-characteristics": [
    "多实例没有写明对什么逐个办理",
    "The loop does not say what it goes through",
  ],
  "message-reference": ["消息没有选定，或没有名称", "No message is chosen, or it has no name"],
  "sequence-flow-condition": ["离开网关的流向没有条件", "A flow from the gateway has no condition"],
  "signal-reference": ["信号没有选定，或没有名称", "No signal is chosen, or it has no name"],
  subscription: ["消息没有关联键", "The message has no correlation key"],
  "task-schedule": ["到期时间写得不对", "The due date is not well written"],
  timer: ["定时器没有写时间，或写得不对", "The timer has no time, or one that is not well written"],
  "end-event-required": ["没有结束事件", "There is no end event"],
  "label-required": ["没有名称", "It has no name"],
  "no-disconnected": ["没有和别的步骤连起来", "It is not connected to anything"],
  "no-duplicate-sequence-flows": ["两条流向重复", "Two flows say the same"],
  "no-gateway-join-fork": [
    "一个网关又汇合又分开，分成两个更清楚",
    "One gateway joins and splits; two are clearer",
  ],
  "no-implicit-split": [
    "从一步直接分出几条没有条件的流向，它们会同时走；要分开请画网关",
    "Several flows without a condition leave one step and are all taken; draw a gateway",
  ],
  "start-event-required": ["没有开始事件", "There is no start event"],
  "superfluous-gateway": [
    "只有一进一出，网关是多余的",
    "One way in and one out: the gateway does nothing",
  ],
};

/** @param {string} rule @param {string} message of the rule @returns {string} */
export function words(rule, message) {
  const sentence = SENTENCES[rule];
  return sentence ? both(...sentence) : message;
}
