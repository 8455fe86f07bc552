// @ts-check
// The script of paper pages.
import { startPrinting } from "../js/printing.js";

startPrinting();
