// @ts-check
import { on } from "./dom.js";

/** Watches print buttons. */
export function startPrinting() {
  on("click", "[data-print]", () => window.print());
}
