/** A line of progress, yielded by whatever takes time; `fork` is missing for what concerns all of them. */
export interface ProgressEvent {
  readonly fork?: string;
  readonly text: string;
}
