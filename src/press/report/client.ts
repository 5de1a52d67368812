// What a report does in the browser when scripts run: live charts, saving and enlarging them, copying code, the current
// place in the contents, previews of references, light and dark. Without it the report reads just as well.
//
// The page holds these files as one script, their imports left out (page-scripts.ts): they share one scope, so that a name
// may stand in one of them only. Vega, where there are charts, is the global `vega`.
import { charts } from './client/charts.js';
import { contents } from './client/contents.js';
import { copyButtons } from './client/copy.js';
import { lightbox } from './client/lightbox.js';
import { previews } from './client/previews.js';
import { themeSwitch } from './client/theme.js';

themeSwitch();
contents();
copyButtons();
charts();
lightbox();
previews();
