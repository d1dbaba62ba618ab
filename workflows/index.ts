export { leadToCash } from './leadToCash.js';
export { payCommissions } from './payCommissions.js';
