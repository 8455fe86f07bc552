// @ts-check
// Refreshes clocks that run in real time: once a minute, once a second below ten minutes.
// Clocks in working time carry no data-due; only the server knows the calendar.
import { iconUrl } from "./dom.js";
import { say } from "./words.js";

const MINUTE = 60_000;
const STATES = ["is-mine", "is-soon", "is-late"];

/**
 * At most two units: 48 分, 1 时 18 分, 1 天 10 时; below ten minutes with seconds.
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  const [minutes, hours, days] = [60, 3600, 86400].map((unit) => Math.floor(seconds / unit));
  if (days) return pair(say("day", days), hours % 24, "hour");
  if (hours) return pair(say("hour", hours), minutes % 60, "minute");
  if (minutes >= 10) return say("minute", minutes);
  return minutes ? pair(say("minute", minutes), seconds % 60, "second") : say("second", seconds);
}

/** @param {string} first @param {number} rest @param {"hour" | "minute" | "second"} unit */
function pair(first, rest, unit) {
  return rest ? `${first} ${say(unit, rest)}` : first;
}

/** @param {HTMLElement} clock @param {number} share part of the limit used */
function draw(clock, share) {
  const state = share >= 1 ? "is-late" : share >= 0.8 ? "is-soon" : "is-mine";
  clock.classList.remove(...STATES);
  clock.classList.add(state);
  clock.querySelector("b use")?.setAttribute("href", iconUrl(share >= 1 ? "alarm" : "clock"));
  clock.querySelector(".gc-fuse .u")?.setAttribute("width", String(Math.min(share, 1) * 100));
  const tick = clock.querySelector(".gc-fuse .k");
  if (share > 1) tick?.setAttribute("d", `M${100 / share}-2V8`);
}

/** @param {HTMLElement} clock @param {number} now @returns {number} milliseconds to the due moment */
function refresh(clock, now) {
  const due = Date.parse(clock.dataset.due ?? "");
  const started = Date.parse(clock.dataset.started ?? "");
  const left = due - now;
  const figure = clock.querySelector(".f");
  const text = say(left >= 0 ? "left" : "over", duration(Math.abs(left)));
  if (figure && figure.textContent !== text) figure.textContent = text;
  if (!Number.isNaN(started)) draw(clock, (now - started) / (due - started));
  return left;
}

/** Starts the clocks of the page; also finds those swapped in later. */
export function startClocks() {
  const skew = Date.parse(document.body.dataset.now ?? "") - Date.now() || 0;
  let last = 0;
  const tick = () => {
    const now = Date.now() + skew;
    const clocks = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-due]"));
    const whole = now - last >= MINUTE;
    for (const clock of clocks) {
      const left = Math.abs(Date.parse(clock.dataset.due ?? "") - now);
      if (whole || left < 10 * MINUTE) refresh(clock, now);
    }
    if (whole) last = now;
  };
  setInterval(tick, 1000);
}
