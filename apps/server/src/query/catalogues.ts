import type { Catalogue, CatalogueColumn } from '@aquifer/core/contract'
import { movesDates, type Policy } from '@aquifer/core/masking'
import type { Study } from '../repository/index.js'
import type { ReservoirManifest } from '../reservoir/index.js'
import type { FlatTable } from '../view/index.js'
import { catalogueOf, describedColumns } from './catalogue.js'
import type { CohortTable } from './cohort-tables.js'
import type { Counts } from './counts/counts.js'
import type { QueryOptions } from './query-options.js'
import { markOf, type Surroundings } from './surroundings.js'

type Parts = Pick<QueryOptions, 'snapshot' | 'policyOf'>

/** What there is to be asked, and what answers rest on. */
export class Catalogues {
  readonly #parts: Parts
  readonly #around: Surroundings
  readonly #counts: Counts

  constructor(parts: Parts, around: Surroundings, counts: Counts) {
    this.#parts = parts
    this.#around = around
    this.#counts = counts
  }

  async standing(study: Study): Promise<{ snapshot: string; maskingPolicy: string; mark: string } | null> {
    const manifest = await this.#newest(study)
    if (manifest === null) return null
    const { snapshot, maskingPolicy, generation } = manifest
    return { snapshot, maskingPolicy, mark: `${snapshot} ${generation} ${markOf(await this.#around.withheld(study))}` }
  }

  async columns(study: Study, table: FlatTable): Promise<CatalogueColumn[]> {
    return describedColumns(table, await this.#policyOf(study, await this.#newest(study)))
  }

  async movesDates(study: Study, label: string): Promise<boolean> {
    const policy = await this.#parts.policyOf(study, label)
    return policy === null || movesDates(policy)
  }

  async ofRows(study: Study): Promise<Catalogue> {
    return this.#of(study, await this.#newest(study), await this.#around.cohorts(study))
  }

  // A cohort changes under its name, so nothing that was told of it before can be held against it: none is counted.
  async ofCounts(study: Study, actor: string): Promise<Catalogue> {
    const standing = await this.#counts.standing(study, actor)
    return this.#counts.catalogue(study, await this.#of(study, standing?.manifest ?? null, []))
  }

  async #newest(study: Study): Promise<ReservoirManifest | null> {
    const held = await this.#parts.snapshot(study.id)
    held?.release()
    return held?.manifest ?? null
  }

  async #policyOf(study: Study, manifest: ReservoirManifest | null): Promise<Policy | null> {
    return manifest === null ? null : await this.#parts.policyOf(study, manifest.maskingPolicy)
  }

  async #of(study: Study, manifest: ReservoirManifest | null, cohorts: readonly CohortTable[]): Promise<Catalogue> {
    const [policy, { own, files, lists }] = await Promise.all([this.#policyOf(study, manifest), this.#around.definitions(study)])
    return catalogueOf(study, { manifest, policy, own, files, cohorts, lists })
  }
}
