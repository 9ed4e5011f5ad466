/** A place with an open model, where one job at a time is done. */
export interface Workbench {
  /** What others are told of the model; plain data. */
  readonly model: unknown;
  /** Frees the model. */
  close(): Promise<void>;
}

/**
 * What lanes do, in whichever process they are. Settings, what a workbench tells of its model, jobs
 * and answers are plain data.
 */
export interface LaneWork<Settings, Bench extends Workbench, Job, Answer> {
  /** Script of a lane's process; it calls `serveLane`. */
  readonly script: URL;
  /** Opens a workbench; to load what that needs is part of it. */
  open(settings: Settings): Promise<Bench>;
  /** Does a job. @throws Error whose message is all that is told of its failure */
  work(bench: Bench, job: Job): Promise<Answer>;
}

/** What became of a job. */
export type Outcome<Answer> =
  | { readonly kind: 'done'; readonly answer: Answer }
  /** The work threw. */
  | { readonly kind: 'failed'; readonly message: string }
  /** Its process ended while it worked on the job; the message does not name the job. */
  | { readonly kind: 'lost'; readonly message: string }
  /** No process was left to do it; the message does not name the job. */
  | { readonly kind: 'untried'; readonly message: string };

/** Places side by side, each with an open model and one job in work at a time. */
export interface Lanes<Model, Job, Answer> {
  /** What the first of them told of its model. */
  readonly model: Model;
  readonly count: number;
  /**
   * Does jobs, each wherever a lane is free; one batch after the other.
   *
   * @param done Called for each job as it ends, in no order, and no more once the lanes are told to
   *   end, upon which the run ends too.
   */
  run(jobs: readonly Job[], done: (index: number, outcome: Outcome<Answer>) => void): Promise<void>;
  /** Ends all lanes, those at work between two events of theirs, so that no synchronous step is cut. */
  close(): Promise<void>;
  /** Ends all lanes at once, whatever they do. @returns the jobs that this has cut short */
  kill(): Promise<readonly Job[]>;
}
