// @ts-check
// Two people have changed one draft: both versions exist, and the second chooses how to go on.
import { make } from "../dom.js";
import { ask } from "./dialogs.js";
import { say } from "./language/words.js";
import { timeOfDay } from "../words.js";

/** @param {string[]} paths */
const list = (paths) => make("ul", {}, ...paths.map((path) => make("li", {}, path)));

/**
 * @param {import("./studio.js").Studio} studio
 * @param {import("./drafts.js").Conflict["answer"]} theirs
 */
export async function resolve(studio, theirs) {
  const mine = studio.bundle.dirtyPaths();
  const apart = mine.every((path) => !theirs.changed.includes(path));
  const body = [
    make("p", {}, say("conflictWho", theirs.by, timeOfDay(new Date(theirs.at)))),
    make(
      "div",
      { class: "gc-two" },
      make("b", {}, say("conflictTheirs")),
      make("b", {}, say("conflictMine")),
      list(theirs.changed),
      list(mine),
    ),
    make("p", {}, say(apart ? "conflictApart" : "conflictSame")),
  ];
  /** @type {[string, string][]} */
  const choices = [
    ...(theirs.url ? /** @type {[string, string][]} */ ([["copy", say("conflictCopy")]]) : []),
    ["theirs", say("conflictOpen")],
    ["", say("conflictStay")],
  ];
  if (apart) choices.unshift(["join", say("conflictJoin")]);
  const { choice } = await ask(say("conflictTitle"), body, choices);
  if (choice === "copy") go(studio, theirs.url);
  if (choice === "theirs") await take(studio, {});
  if (choice === "join") await take(studio, await studio.bundle.changes());
}

/** My own version goes on as a draft of its own. @param {import("./studio.js").Studio} studio @param {string} url */
function go(studio, url) {
  studio.copies.drop();
  studio.bundle.take({ version: 0, files: studio.bundle.saved });
  location.assign(url);
}

/** Take the saved version, and what I changed in other files with it. @param {import("./studio.js").Studio} studio @param {Record<string, string | null>} changes */
async function take(studio, changes) {
  const { path } = studio;
  studio.bundle.take(await studio.draft.read());
  studio.bundle.restore(changes);
  studio.tell(say(Object.keys(changes).length ? "conflictJoined" : "conflictOpened"));
  await studio.show(path);
}
