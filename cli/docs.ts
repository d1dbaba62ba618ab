// The two documents that are written from the code: what a lead can be told, and what each message means in each
// stage. A test compares them with the files, so they cannot drift.

import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { STAGES } from '../domain/leads/stages.js';
import { MESSAGE_NAMES, MESSAGES, type MessageName, outcomeOf, STAGE_REFUSALS } from '../domain/messages.js';
import { FACT_STEPS } from '../domain/steps.js';
import { WAIT_KINDS, WAITS } from '../domain/waits.js';
import { EXIT } from './exit.js';

const NOTE = '<!-- Written by `npx l2c docs`; a test compares it. Do not edit by hand. -->';
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const PAYLOADS: Readonly<Record<MessageName, string>> = {
  qualifyLead: '`decision`, `reason?`, `needs?`, `firstContactBy?`',
  reassignLead: '`ownerId`, `reason`',
  withdrawLead: '`reason`',
  submitQuote: '`quoteId`, `revision`',
  decideApproval: '`approvalId`, `quoteId`, `revision`, `decision`, `reason?`',
  acceptQuote: '`quoteId`, `revision`, `acceptedBy`, `purchaseOrder?`',
  declineQuote: '`quoteId`, `revision`, `reason`',
  cancelOrder: '`orderId`, `reason`, `requestedBy?`, `taskId?`, `note?`',
  writeOffInvoice: '`invoiceId`, `reason`',
  creditInvoice: '`invoiceId`, `lines?`, `reason`, `requestedBy`',
  leadCaptured: '`touchId`',
  leadTouched: '`touchId`',
  deliveryRecorded: '`deliveryId`',
  paymentApplied: '`paymentId`, `allocationIds`',
  paymentReversed: '`paymentId`, `reversalId`',
  waitReassigned: '`fromId`, `toId`, `ownerId`, `approvalIds?`',
  commissionPaid: '`payoutId`',
};

/** docs/messages.md: name, kind, payload, who may, stages, refusal codes. */
export function messagesDocument(): string {
  const rows = MESSAGE_NAMES.map((name) => {
    const { kind, roles } = MESSAGES[name];
    const stages = STAGES.filter((stage) => ['apply', 'reopen'].includes(outcomeOf(stage, name).kind));
    const refusals = STAGES.flatMap((stage) => {
      const outcome = outcomeOf(stage, name);
      return outcome.kind === 'refuse' ? [outcome.code] : [];
    });
    const step = kind === 'fact' ? FACT_STEPS[name as keyof typeof FACT_STEPS] : name;
    return [
      `\`${name}\``,
      kind === 'decision' ? 'decision (update)' : 'fact (signal)',
      PAYLOADS[name],
      `\`${step}\``,
      roles.join(', '),
      stages.join(', '),
      [...new Set(refusals)].map((code) => `\`${code}\``).join(', ') || '–',
    ];
  });
  return `${NOTE}

# What a lead's workflow can be told

Everything is first a row in \`messages\`; the workflow is told the row's id and nothing else. A **decision** may
be refused and is an update, so whoever decides learns at once whether it holds; a **fact** has happened, is never
refused, and is a signal. The payload below stands in the row's \`body\`. Codes a stage refuses with are
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

/** `l2c docs`: writes both into docs/ of the folder it runs in. */
export function docsCommand(ended: (result: Promise<number>) => Promise<void>): Command {
  return new Command('docs')
    .description('Write docs/messages.md and docs/stages.md from the code')
    .action(() => {
      writeFileSync('docs/messages.md', messagesDocument());
      writeFileSync('docs/stages.md', stagesDocument());
      return ended(Promise.resolve(EXIT.ok));
    });
}
