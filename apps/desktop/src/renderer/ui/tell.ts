import { toast } from 'sonner'
import { explain } from '../api/failure.js'

/** For an action that has no place of its own on the page to say why it did not happen. */
export function tellFailure(what: string, error: unknown): void {
  const told = explain(error)
  toast.error(what, { description: [told.what, told.why].filter(Boolean).join('. '), duration: 12_000 })
}
