// @ts-check
// The process studio's editor page.
import { Studio } from "../js/studio/studio.js";

const root = document.querySelector("[data-studio]");
if (root instanceof HTMLElement) {
  const studio = new Studio(root);
  Object.assign(root, { studio });
  await studio.start();
}
