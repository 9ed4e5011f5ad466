import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeOverlayPng } from '../../src/image/node/index.js';
import { brightnessOnnx, greyPicture } from '../../src/segment/brightness-model.fixture.js';

/** The compiled command line. */
export const mainScript = fileURLToPath(new URL('./main.js', import.meta.url));

/** How a command ended and what it said. */
export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Lines of stderr. */
  readonly complaints: readonly string[];
}

export interface RunOptions {
  readonly stdin?: Uint8Array;
  readonly uid?: number;
  /** Called with the process and all of stdout so far, whenever there is more of it. */
  readonly watch?: (child: ChildProcess, stdout: string) => void;
  /** Another program that starts the command line. */
  readonly through?: readonly [program: string, ...args: string[]];
  /** Variables of the environment besides those of the tests. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A folder of its own for tests that run the command line in it. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'atrous-cli-'));

  /** Runs the command line here and waits for its end. */
  run(args: readonly string[], options: RunOptions = {}): Promise<CliResult> {
    const command = [process.execPath, mainScript, ...args];
    const [program = '', ...rest] = [...(options.through ?? []), ...command];
    const { uid } = options;
    const child = spawn(program, rest, {
      cwd: this.folder,
      stdio: 'pipe',
      env: { ...process.env, ...options.env },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      options.watch?.(child, stdout);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdin.on('error', () => {});
    child.stdin.end(options.stdin ?? '');
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        const complaints = stderr.split('\n').filter((line) => line !== '');
        resolve({ code, signal, stdout, stderr, complaints });
      });
    });
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** Writes a file, its folders with it. */
  write(name: string, content: Uint8Array | string): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
    return name;
  }

  /** Names in a folder, sorted, hidden ones included. */
  list(name: string): readonly string[] {
    return readdirSync(this.path(name)).sort();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A segmentation model of three classes: dark, grey and light pixels. */
export function brightnessModel(): Uint8Array {
  return brightnessOnnx({ classes: 3, width: 16, height: 16 });
}

/** A picture whose left part, 1 / `parts` of its width, is white and whose rest is black. */
export function picturePng(width = 12, height = 8, parts = 2): Promise<Uint8Array> {
  return encodeOverlayPng(greyPicture(width, height, (x) => (x < width / parts ? 255 : 0)));
}
