// @ts-check
// The diagram viewer, loaded on demand by js/diagrams.js.
export { show } from "../js/viewer/viewer.js";
