// How the description of the API looks: names of calls, their groups, our own mark, and the page of refusals.
import { REMEDIES } from '../contracts/remedies.js';
import { ERRORS, type ErrorCode } from '../domain/errors.js';

/** `GET /v1/leads/:id/timeline` is `getLeadsByIdTimeline`: what clients made from the description call it. */
export function operationIdOf({ method, url }: { method: string | readonly string[]; url: string }): string {
  const words = url.split('/').filter((part) => part !== '' && part !== 'v1');
  const named = words.map((part) => pascal(part.startsWith(':') ? `by-${part.slice(1)}` : part));
  return `${[method].flat()[0]?.toLowerCase()}${named.join('')}`;
}

const pascal = (text: string): string =>
  text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

const TAGS = {
  leads: 'From the first contact to the qualification; what a lead waits for, and its timeline',
  imports: 'Many leads at once, from a CSV file',
  quotes: 'Drafting, revising, submitting, and the customer’s answer',
  approvals: 'The consent a quote needs before it is offered',
  orders: 'Accepted quotes, their deliveries, and how they are cancelled',
  invoices: 'Invoices, credit notes, write-offs',
  payments: 'Money that came in, where it was put, and how it is taken back',
  commissions: 'What payees earned, and how it is paid',
  explanations: 'Why a cent is what it is',
  tasks: 'What a person has to decide',
  waits: 'Who owes what, until when',
  accounts: 'Customers',
  contacts: 'The people behind the leads',
  products: 'What is sold',
  'price books': 'For how much',
  entities: 'The legal entities of the company',
  policies: 'The rules in force, in versions',
  people: 'Who works here: roles, limits, delegations, leavers',
  keys: 'API keys',
  ledger: 'Postings, double entry',
  messages: 'What became of a decision that was answered 202',
  histories: 'Payloads of the engine, for its user interface and command line',
  system: 'Health, version, metrics',
} as const;

/** The groups of the description, in the order of the process. */
export const TAG_LIST = Object.entries(TAGS).map(([name, description]) => ({ name, description }));

/** Our own name on the page instead of the plugin's. */
export const LOOK = {
  theme: {
    title: 'Lead to Cash API',
    favicon: [
      {
        filename: 'favicon.svg',
        rel: 'icon',
        type: 'image/svg+xml',
        sizes: 'any',
        content: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">
<rect width="40" height="40" rx="8" fill="#1b1b1b"/>
<path d="M5 20h8l4-9 6 18 4-9h8" fill="none" stroke="#7bd88f" stroke-width="3" stroke-linejoin="round"/></svg>`,
      },
    ],
  },
  logo: {
    type: 'image/svg+xml',
    href: '/docs',
    content: `<svg xmlns="http://www.w3.org/2000/svg" width="260" height="40" viewBox="0 0 260 40">
<path d="M4 20h14l6-12 8 24 6-12h14" fill="none" stroke="#7bd88f" stroke-width="3" stroke-linejoin="round"/>
<text x="62" y="27" font-family="sans-serif" font-size="20" font-weight="600" fill="#fff">Lead to Cash</text></svg>`,
  },
};

const plain = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/`([^`]+)`/g, '<code>$1</code>');

/** Where the `type` of a problem leads: what each code means and what to do, one heading per code. */
export const PROBLEM_PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Refusals · Lead to Cash</title>
<h1>Refusals</h1>
<p>A refusal changes nothing. <code>code</code> is the word to program against, <code>detail</code> names the value
refused and the limit it broke, <code>errors[].pointer</code> the field. <a href="/docs">To the calls</a></p>
${Object.entries(ERRORS)
  .map(([code, { status, title }]) => {
    const { means, next } = REMEDIES[code as ErrorCode];
    const what = `${status}: ${plain(title)}. ${plain(means)}`;
    return `<h2 id="${code}">${code}</h2><p>${what}</p><p>What to do: ${plain(next)}</p>`;
  })
  .join('\n')}
</html>
`;
