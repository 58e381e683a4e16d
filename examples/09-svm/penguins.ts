/** The Palmer penguins: four measurements of a bird, and which of three species it is. */
import rows from 'vega-datasets/data/penguins.json' with { type: 'json' };

export const species = ['Adelie', 'Chinstrap', 'Gentoo'] as const;

export interface Sample {
  readonly features: readonly number[];
  /** Index into {@link species}. */
  readonly label: number;
}

/** All birds that were measured, in the order of the file. */
export function loadPenguins(): Sample[] {
  return rows.flatMap((row) => {
    const features = [
      row['Beak Length (mm)'],
      row['Beak Depth (mm)'],
      row['Flipper Length (mm)'],
      row['Body Mass (g)'],
    ];
    const label = species.findIndex((name) => name === row.Species);
    return features.every((value) => value !== null) ? [{ features, label }] : [];
  });
}
