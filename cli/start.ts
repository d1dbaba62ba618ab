// `npm start`: from nothing to a running product, with a line for every step, until somebody stops it.
import { setMaxListeners } from 'node:events';
import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { type Config, readConfig } from '../config.js';
import { EXIT } from './exit.js';
import { openLog } from './log.js';
import { eventPrinter, type OnEvent, type ProgressEvent } from './progress.js';
import { clockForStart, sampleOrNothing } from './sample/sample.js';
import { openProduct, type Product } from './serve.js';
import { tellTrouble, troubleOf, UsageProblem } from './trouble.js';
import { type Language, readyText, stoppedText, stoppingText } from './words.js';

/** The last event of a start: where everything is and how to get in. */
export interface ReadyEvent extends ProgressEvent {
  readonly step: 'ready';
  readonly api: string;
  readonly docs: string;
  /** Address of the Temporal UI; null where the engine is not ours. */
  readonly ui: string | null;
  readonly engine: string;
  readonly stateDir: string;
  readonly log: string;
  /** The administrator's key, shown once; null where it was shown before. */
  readonly adminKey: string | null;
  readonly keys: readonly {
    readonly name: string;
    readonly roles: readonly string[];
    readonly key: string;
  }[];
}

export interface StartOptions {
  readonly empty: boolean;
  readonly json: boolean;
  readonly language: Language;
}

/** The options of `npm start --` and `l2c start`. */
export function startCommand(): Command {
  return new Command('start')
    .description(
      'Start everything and serve; on an empty database make the sample company and play its leads',
    )
    .option('--empty', 'no sample company', false)
    .option('--json', 'events as JSON lines on stdout, the last of them `ready`', false)
    .addOption(
      new Option('--language <language>', 'of what people read').choices(['en', 'es']).default('en'),
    );
}

/** What `npm start` runs. Answers the exit code once it was stopped. */
export async function start(argv: readonly string[]): Promise<number> {
  const command = startCommand().exitOverride();
  const json = argv.includes('--json');
  if (json) command.configureOutput({ writeErr: () => undefined }); // Told as JSON instead.
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.ok;
    return json ? tellTrouble(new UsageProblem(error.message.replace(/^error: /, '')), json) : EXIT.usage;
  }
  return startWith(command.opts<StartOptions>());
}

/** Starts, serves until a signal or the end of the worker, and stops in order. */
export async function startWith(options: StartOptions): Promise<number> {
  const { onEvent, wasTold } = rememberingTrouble(eventPrinter({ json: options.json }));
  let config: Config;
  try {
    const read = readConfig();
    config = { ...read, stateDir: resolve(read.stateDir) };
  } catch (error) {
    return tellTrouble(error, options.json);
  }
  const stopping = stopSignal(() => options.json || process.stderr.write(stoppingText(options.language)));
  let product: Product | undefined;
  try {
    const { log, path } = openLog(config);
    product = await openProduct({
      config,
      log,
      onEvent,
      timerMaxShiftMs: 20,
      setClock: (db) => clockForStart(db, config, options.empty),
    });
    // A broken worker ends the product: half of it would look like all of it.
    const broken = product.worker?.ended.then(() => undefined);
    const served = serve(product, { config, options, onEvent, logPath: path, signal: stopping.signal });
    await Promise.race([Promise.all([served, stopping.asked]), broken?.then(() => stopping.asked)]);
    return EXIT.ok;
  } catch (error) {
    if (stopping.signal.aborted) return EXIT.ok;
    return wasTold(error) && !options.json ? troubleOf(error).exit : tellTrouble(error, options.json);
  } finally {
    await product?.stop();
    if (product && options.json)
      onEvent({ step: 'stopped', status: 'done', ms: 0, detail: stoppedText('en') });
    else if (product) process.stderr.write(`${stoppedText(options.language)}\n`);
    stopping.end();
  }
}

/** A step that failed has told why on its own line; the same sentence below it would say nothing more. */
function rememberingTrouble(print: OnEvent): { onEvent: OnEvent; wasTold(error: unknown): boolean } {
  const told = new Set<string>();
  return {
    onEvent(event) {
      if (event.status === 'failed') told.add(event.detail);
      print(event);
    },
    wasTold: (error) => told.has((error as Error).message),
  };
}

interface Serving {
  readonly config: Config;
  readonly options: StartOptions;
  readonly onEvent: OnEvent;
  readonly logPath: string;
  readonly signal: AbortSignal;
}

async function serve(product: Product, serving: Serving): Promise<void> {
  const { config, options, onEvent, signal } = serving;
  const since = performance.now();
  const { adminKey, keys } = await sampleOrNothing(product, { config, onEvent, signal, ...options });
  if (signal.aborted) return;
  const { stack, api } = product;
  const url = api?.url ?? '';
  const ready: ReadyEvent = {
    step: 'ready',
    status: 'done',
    ms: Math.round(performance.now() - since),
    detail: `serving on ${url}`,
    api: url,
    docs: `${url}/docs`,
    ui: stack.uiUrl ?? null,
    engine: stack.temporalAddress,
    stateDir: config.stateDir,
    log: serving.logPath,
    adminKey,
    keys: keys.map(({ name, roles, key }) => ({ name, roles, key })),
  };
  if (options.json) onEvent(ready);
  else process.stdout.write(readyText(ready, options.language));
}

/**
 * The first signal asks to stop, a second one ends at once; what runs then is stopped by its reaper. A terminal
 * signals everybody in it and npm passes on what it got, so one Ctrl-C under npm arrives twice: what comes within
 * a moment is the same one.
 */
function stopSignal(onAsked: () => unknown) {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // Every call under way waits for it.
  let ask: () => void = () => undefined;
  let askedAt = 0;
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const onSignal = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - askedAt > SAME_SIGNAL_MS) process.exit(EXIT.stopped);
      return;
    }
    askedAt = performance.now();
    onAsked();
    controller.abort();
    ask();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    asked,
    end: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}

const SAME_SIGNAL_MS = 500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
