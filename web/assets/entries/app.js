// @ts-check
// The script of every page. Pages work without it; each part improves the markup it finds.
import htmx from "htmx.org";
import { startBulk } from "../js/bulk.js";
import { startClocks } from "../js/clocks.js";
import { startDiagrams } from "../js/diagrams.js";
import { startDrafts } from "../js/drafts.js";
import { startKeyboard } from "../js/keyboard.js";
import { startMenus } from "../js/menus.js";
import { startMoney } from "../js/money.js";
import { startPhotos } from "../js/photos.js";
import { startPickers } from "../js/pickers.js";
import { startPrinting } from "../js/printing.js";
import { startProgress } from "../js/progress.js";
import { startRefresh } from "../js/refresh.js";
import { startRows } from "../js/rows.js";
import { startSignatures } from "../js/signatures.js";
import { startSubmits } from "../js/submits.js";
import { startUnsent } from "../js/unsent.js";
import { startViews } from "../js/views.js";

startProgress(); // before htmx issues its first request
startBulk();
startClocks();
startDiagrams();
startDrafts();
startKeyboard();
startMenus();
startMoney();
startPhotos();
startPickers();
startPrinting();
startRefresh();
startRows();
startSignatures();
startSubmits();
startUnsent();
startViews();

Object.assign(window, { htmx });
