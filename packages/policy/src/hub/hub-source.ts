/** How much of a file of a model has arrived. */
export interface HubProgress {
  /** The model's id on the hub. */
  readonly model: string
  readonly file: string
  /** Bytes on this machine, those of an earlier, interrupted download included. */
  readonly received: number
  /** Bytes of the whole file. */
  readonly size: number
}

/** Where models come from and where they are kept. */
export interface HubOptions {
  /** Branch, tag or commit (default main). */
  readonly revision?: string
  /** Default: HF_HUB_CACHE, or hub/ in HF_HOME or ~/.cache/huggingface; shared with Python's. */
  readonly cacheDir?: string
  /** The file that is wanted in place of safetensors (`onnx/model.onnx`), with its external data. */
  readonly weights?: string
  /** Never touches the network (default: whether HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set). */
  readonly offline?: boolean
  /** Default: HF_ENDPOINT or https://huggingface.co. */
  readonly hubUrl?: string
  /** Default: HF_TOKEN, or what `hf auth login` saved in HF_HOME; empty for none. Sent to `hubUrl`, never to another host that it redirects to. */
  readonly accessToken?: string
  /** Called when a file starts, as its bytes arrive, and when it is whole and checked. */
  readonly onProgress?: (progress: HubProgress) => void
  readonly fetch?: typeof fetch
}

/** `name` or `organisation/name`; anything else is a path. */
export const isHubId = (name: string): boolean =>
  /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/.test(name) && !name.includes('..') && !name.includes('--')

/** What git allows as the name of a branch, a tag or a commit, and is safe as a path below refs/. */
export const isRevision = (revision: string): boolean =>
  /^[\w][\w.+@-]*(\/[\w][\w.+@-]*)*$/.test(revision) && !revision.includes('..') && !revision.endsWith('.lock')
