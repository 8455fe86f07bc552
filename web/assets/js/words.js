// @ts-check
// The sentences scripts say; pages say theirs through gettext.

const ZH = {
  left: "剩 {0}",
  over: "超 {0}",
  day: "{0} 天",
  hour: "{0} 时",
  minute: "{0} 分",
  second: "{0} 秒",
  saved: "草稿 {0} 已存",
  unsaved: "草稿没存上，连上网后再存",
  signedOut: "登录过期了，照常提交，登录后接着填",
  sending: "提交中",
  none: "没有找到，可以照原样填写",
  found: "{0} 项",
  uploading: "正在上传 {0}%",
  failed: "没传上去，照片还在这里",
  retry: "再试一次",
  remove: "删去",
  full: "最多 {0} 张",
  sign: "签名",
  signHere: "请在框内签名",
  clear: "清除",
  cancel: "取消",
  done: "完成",
  signed: "{0} 在本机签",
  signFailed: "签名没传上去，再点一次“完成”",
  offline: "连不上服务器，填的内容都在。联网后再试一次",
  slow: "还在等服务器，已超过 8 秒",
  diagramFailed: "流程图没有打开，步骤清单仍可用",
};

/** @type {typeof ZH} */
const EN = {
  left: "{0} left",
  over: "{0} over",
  day: "{0} d",
  hour: "{0} h",
  minute: "{0} min",
  second: "{0} s",
  saved: "Draft saved {0}",
  unsaved: "Draft not saved; it will be once you are online",
  signedOut: "You have been signed out; submit as usual, then sign in and go on",
  sending: "Sending",
  none: "Nothing found; you may keep what you typed",
  found: "{0} found",
  uploading: "Uploading {0}%",
  failed: "Not uploaded; the photo is still here",
  retry: "Try again",
  remove: "Remove",
  full: "{0} photos at most",
  sign: "Signature",
  signHere: "Sign inside the frame",
  clear: "Clear",
  cancel: "Cancel",
  done: "Done",
  signed: "Signed on this device {0}",
  signFailed: "The signature was not uploaded; press Done again",
  offline: "Server not reachable; what you filled in is safe. Try again once online",
  slow: "Still waiting for the server, more than 8 seconds",
  diagramFailed: "The diagram did not open; the list of steps still works",
};

const WORDS = document.documentElement.lang.startsWith("en") ? EN : ZH;

/**
 * The sentence in the page's language with {0} … filled in.
 * @param {keyof typeof ZH} name
 * @param {...(string | number)} values
 */
export function say(name, ...values) {
  return WORDS[name].replace(/\{(\d)\}/g, (_, index) => String(values[Number(index)]));
}

/** The time of day as written everywhere: 10:42. @param {Date} [moment] */
export function timeOfDay(moment = new Date()) {
  return moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}
