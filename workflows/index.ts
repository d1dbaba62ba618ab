export { leadToCash } from './leadToCash.js';
