export { leadToCash } from './leadToCash.js';
export { openPayout } from './openPayout.js';
export { payCommissions } from './payCommissions.js';
