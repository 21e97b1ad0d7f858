import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The token that `hf auth login` of Python's huggingface_hub wrote, empty if nobody logged in. */
export const savedToken = (): string => {
  const { HF_TOKEN_PATH, HF_HOME, XDG_CACHE_HOME } = process.env
  const home = HF_HOME ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'huggingface')
  try {
    return readFileSync(HF_TOKEN_PATH ?? join(home, 'token'), 'utf8')
  } catch {
    return ''
  }
}
