import { ADMIN_SCRIPT_CARDS } from './script.cards.js';
import { ADMIN_SCRIPT_DIALOGS } from './script.dialogs.js';
import { ADMIN_SCRIPT_LINK } from './script.link.js';
import { ADMIN_SCRIPT_SWITCH } from './script.switch.js';
import { ADMIN_SCRIPT_TOOLS } from './script.tools.js';

/**
 * The script of the admin page: a constant, so that one hash in the Content-Security-Policy allows it and nothing else. It
 * writes what it is told as text only, and shows a change only after the server has said that it was made.
 */
export const ADMIN_SCRIPT = `(function(){
'use strict';
${ADMIN_SCRIPT_TOOLS}
${ADMIN_SCRIPT_CARDS}
${ADMIN_SCRIPT_DIALOGS}
${ADMIN_SCRIPT_SWITCH}
${ADMIN_SCRIPT_LINK}
})()`;
