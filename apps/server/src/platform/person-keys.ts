import { createPseudonyms, type Pseudonyms } from '@aquifer/core/masking'
import type { Keyring } from '../lake/index.js'
import { hmacOf } from '../masking/index.js'
import type { MaskedPerson } from '../reservoir/index.js'

/** What people and their resources are called in masked rows, under the keys that these may have. Throws KeyMissing where one is gone. */
export interface PersonKeys {
  /** What patient_key is in the study's masked rows: under the key that is shown, the one asked for, and the newest. */
  patientKeys(study: string, ids: readonly string[], maskingKey?: string): Promise<string[]>
  /** What a patient_key may be in texts of whenever: under every key that is still here. */
  everyPatientKey(study: string, id: string): Promise<string[]>
  /** The person as the study's masked rows know him. */
  masked(study: string, patientId: string, resources: readonly { type: string; id: string }[], maskingKey?: string): Promise<MaskedPerson>
}

/** `shownKeyOf`: the key of the snapshot that is shown; undefined where there is none. */
export function openPersonKeys(keyring: Keyring, shownKeyOf: (study: string) => Promise<string | undefined>): PersonKeys {
  // While a study is masked anew under another key, what is shown has the old pseudonyms.
  // Pseudonyms of another key find nobody, which looks like nobody is there: where a key is gone, whoever asks has to fail.
  const shownKey = async (study: string, asked?: string) => {
    const shown = asked ?? (await shownKeyOf(study))
    return shown === undefined ? keyring.studyKey(study, 'masking') : keyring.keyById(study, shown)
  }
  const pseudonymsOf = async (study: string, asked?: string): Promise<Pseudonyms[]> => {
    const keys = [await shownKey(study), await shownKey(study, asked), await keyring.studyKey(study, 'masking')]
    return [...new Map(keys.map((key) => [key.id, key])).values()].map(({ key }) => createPseudonyms(hmacOf(key)))
  }
  return {
    async patientKeys(study, ids, maskingKey) {
      if (maskingKey !== undefined) await keyring.keyById(study, maskingKey)
      if (ids.length === 0) return []
      return (await pseudonymsOf(study, maskingKey)).flatMap((pseudonyms) => ids.map((id) => pseudonyms.id('Patient', id)))
    },
    async everyPatientKey(study, id) {
      return (await keyring.studyKeys(study, 'masking')).map(({ key }) => createPseudonyms(hmacOf(key)).id('Patient', id))
    },
    async masked(study, patientId, resources, maskingKey) {
      const pseudonyms = createPseudonyms(hmacOf((await shownKey(study, maskingKey)).key))
      return { patientKey: pseudonyms.id('Patient', patientId), ids: resources.map(({ type, id }) => pseudonyms.id(type, id)) }
    },
  }
}
