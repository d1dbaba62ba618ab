// What `npm run load` is asked for, each number within its limits; what is not is refused by name.
import { Argument, Command } from 'commander';

export const PARTS = ['steady', 'burst', 'cold'] as const;
export type PartName = (typeof PARTS)[number];

export interface LoadOptions {
  readonly parts: readonly PartName[];
  /** Of the steady part; the burst takes one at most. */
  readonly minutes: number;
  /** Captures a second; the burst sends ten times as many. */
  readonly rate: number;
  /** Clicks a second beside the captures. */
  readonly clicks: number;
  /** Leads that wait at their timers in the cold part. */
  readonly open: number;
  readonly seed: number;
  readonly json?: string;
  /** False: servers that may lose what they answered, for tests. */
  readonly durable: boolean;
}

/** An option that cannot be used: its name, the value and what it takes. */
export class BadOption extends Error {
  override readonly name = 'BadOption';
}

interface Limit {
  readonly least: number;
  readonly most: number;
  readonly isWhole?: boolean;
}

const LIMITS = {
  minutes: { least: 0.02, most: 1_440 },
  rate: { least: 1, most: 500, isWhole: true },
  clicks: { least: 1, most: 100, isWhole: true },
  open: { least: 20, most: 200_000, isWhole: true },
  seed: { least: 1, most: 4_294_967_295, isWhole: true },
} as const satisfies Readonly<Record<string, Limit>>;

type Given = Readonly<Record<keyof typeof LIMITS, string>> & {
  readonly json?: string;
  readonly durable: boolean;
};

function loadCommand(): Command {
  const parts = new Argument('[parts...]', 'which parts, one after the other').choices(PARTS).default(PARTS);
  return new Command('load')
    .description(
      'Captures while people click, a burst of ten times as many, and a cold worker under open leads',
    )
    .addArgument(parts)
    .option('--minutes <number>', 'how long captures go on', '10')
    .option('--rate <number>', 'captures a second; the burst sends ten times as many', '20')
    .option('--clicks <number>', 'clicks a second beside them', '5')
    .option('--open <number>', 'open leads the cold worker finds', '20000')
    .option('--seed <number>', 'of everything that is drawn', '20261122')
    .option('--json <file>', 'write everything that was measured')
    .option('--no-durable', 'servers that may lose what they answered: only to see that it works')
    .exitOverride();
}

/**
 * Reads the command line.
 *
 * @throws CommanderError for what is no option of ours, and for help
 * @throws BadOption naming an option whose value is out of its limits
 */
export function readOptions(argv: readonly string[]): LoadOptions {
  const command = loadCommand().parse([...argv], { from: 'user' });
  const given = command.opts<Given>();
  const number = (name: keyof typeof LIMITS): number => {
    const { least, most, isWhole }: Limit = LIMITS[name];
    const text = given[name];
    const value = Number(text);
    const isNumber = text.trim() !== '' && Number.isFinite(value) && (!isWhole || Number.isInteger(value));
    if (isNumber && value >= least && value <= most) return value;
    const kind = isWhole ? 'a whole number' : 'a number';
    throw new BadOption(`--${name} is ${JSON.stringify(text)}; it takes ${kind} from ${least} to ${most}`);
  };
  return {
    parts: PARTS.filter((part) => (command.processedArgs[0] as readonly PartName[]).includes(part)),
    minutes: number('minutes'),
    rate: number('rate'),
    clicks: number('clicks'),
    open: number('open'),
    seed: number('seed'),
    durable: given.durable,
    ...(given.json !== undefined && { json: given.json }),
  };
}
