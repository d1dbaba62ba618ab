// The two documents that are written from the code: what a lead can be told, and what each message means in each
// stage. A test compares them with the files, so they cannot drift.

import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { FACT_FIELDS } from '../activities/intake/factBodies.js';
import { maskedConfig } from '../config.js';
import { DECISION_FIELDS } from '../contracts/messageFields.js';
import { STAGES } from '../domain/leads/stages.js';
import {
  MESSAGE_NAMES,
  MESSAGES,
  type MessageName,
  onOwnLeadsOnly,
  outcomeOf,
  STAGE_REFUSALS,
} from '../domain/messages.js';
import { FACT_STEPS } from '../domain/steps.js';
import { WAIT_KINDS, WAITS } from '../domain/waits.js';
import { EXIT } from './exit.js';

const NOTE = '<!-- Written by `npx l2c docs`; a test compares it. Do not edit by hand. -->';
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const FIELDS: Readonly<Record<MessageName, Readonly<Record<string, 'required' | 'optional'>>>> = {
  ...DECISION_FIELDS,
  ...FACT_FIELDS,
};

/** What is asked of the sender besides a role and the lead's ownership, where the step asks it. */
const SENDER: Partial<Record<MessageName, string>> = {
  decideApproval: 'only who is asked, or their delegate',
  cancelOrder: 'where something is invoiced, never who asked for it, and one of the two of finance',
  writeOffInvoice: 'never who recorded a payment on it',
  creditInvoice: 'never who asked for it',
};

const bodyOf = (name: MessageName): string =>
  Object.entries(FIELDS[name])
    .map(([field, presence]) => `\`${field}${presence === 'optional' ? '?' : ''}\``)
    .join(', ');

function sendersOf(name: MessageName): string {
  const { roles } = MESSAGES[name];
  const owners = roles.filter((role) => onOwnLeadsOnly([role], name));
  const every = roles.filter((role) => !onOwnLeadsOnly([role], name));
  const who = [
    every.join(', '),
    owners.length > 0 && `of their own leads: ${owners.join(', ')}`,
    SENDER[name],
  ];
  return who.filter(Boolean).join('; ');
}

/** docs/messages.md: name, kind, payload, who may, stages, refusal codes. */
export function messagesDocument(): string {
  const rows = MESSAGE_NAMES.map((name) => {
    const { kind } = MESSAGES[name];
    const stages = STAGES.filter((stage) => ['apply', 'reopen'].includes(outcomeOf(stage, name).kind));
    const refusals = STAGES.flatMap((stage) => {
      const outcome = outcomeOf(stage, name);
      return outcome.kind === 'refuse' ? [outcome.code] : [];
    });
    const step = kind === 'fact' ? FACT_STEPS[name as keyof typeof FACT_STEPS] : name;
    return [
      `\`${name}\``,
      kind,
      bodyOf(name),
      `\`${step}\``,
      sendersOf(name),
      stages.join(', '),
      [...new Set(refusals)].map((code) => `\`${code}\``).join(', ') || '–',
    ];
  });
  return `${NOTE}

# What a lead's workflow can be told

Everything is first a row in \`messages\`; the workflow is told the row's id and nothing else. A **decision** may
be refused and is an update that answers, so whoever decides learns at once whether it holds; a **fact** has happened
and is never refused: it is an update that says no more than that it was taken in, or a signal where it has to be told
again. The fields below stand in the row's \`body\`; one with \`?\` may be absent. Codes a stage refuses with are
${[...new Set(Object.values(STAGE_REFUSALS).map(({ code }) => `\`${code}\``))].join(', ')}; a step may refuse with any other code of the API's table.

${table(['message', 'kind', 'body', 'step', 'who may', 'applied in', 'refused by stage with'], rows)}

\`look\` (a signal without arguments) makes the workflow read its row again: sent by reconcile, after a reset, when
a sender finds the workflow behind its row, and at the start of a new clock segment.
`;
}

/** docs/stages.md: stage × message → outcome with no empty cell, and the waits of each stage. */
export function stagesDocument(): string {
  const cell = (stage: (typeof STAGES)[number], name: MessageName): string => {
    const outcome = outcomeOf(stage, name);
    return outcome.kind === 'refuse'
      ? `✗ ${outcome.code}`
      : { apply: '✓', reopen: '↺', park: 'park', no_effect: '·' }[outcome.kind];
  };
  const rows = MESSAGE_NAMES.map((name) => [`\`${name}\``, ...STAGES.map((stage) => cell(stage, name))]);
  const waits = WAIT_KINDS.map((kind) => {
    const { owes, stages, onReminder, onOverdue } = WAITS[kind];
    return [kind, owes, stages.join(', '), onReminder ? `\`${onReminder}\`` : '–', `\`${onOverdue}\``];
  });
  return `${NOTE}

# Stage × message → outcome

✓ the step runs and judges · ↺ it opens the closed lead again · park: kept with a reason and tried again at the next
change of stage · · no effect · ✗ refused with this code.

${table(['message', ...STAGES], rows)}

# Waits

Every wait is a contract: who owes what, in which stages, and which step runs when a reminder is due or the time is
over. How long each lasts is policy data.

${table(['wait', 'owes', 'stages', 'reminder', 'time over'], waits)}
`;
}

/** The rows of docs/operations.md: every setting with its default and what it is for. */
export function settingsTable(): string {
  const rows = maskedConfig({}).map(({ name, value, description }) => [
    `\`${name}\``,
    value === null ? '–' : `\`${value}\``,
    description.replaceAll('|', '\\|'),
  ]);
  return table(['variable', 'default', 'what it is'], rows);
}

/** A document with its table of settings as the code has it. */
export function withSettings(document: string): string {
  const [whole, begin = '', end = ''] = SETTINGS.exec(document) ?? [];
  if (whole === undefined) throw new RangeError('docs/operations.md has no place for the settings');
  return document.replace(whole, () => `${begin}\n${settingsTable()}\n${end}`);
}

const SETTINGS = /(<!-- settings:[^>]*-->)[\s\S]*?(<!-- \/settings -->)/;
const OPERATIONS = 'docs/operations.md';

/** `l2c docs`: writes them into docs/ of the folder it runs in. */
export function docsCommand(ended: (result: Promise<number>) => Promise<void>): Command {
  return new Command('docs')
    .description(
      'Write docs/messages.md, docs/stages.md and the settings of docs/operations.md from the code',
    )
    .action(() => {
      writeFileSync('docs/messages.md', messagesDocument());
      writeFileSync('docs/stages.md', stagesDocument());
      writeFileSync(OPERATIONS, withSettings(readFileSync(OPERATIONS, 'utf8')));
      return ended(Promise.resolve(EXIT.ok));
    });
}
