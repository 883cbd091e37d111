/** Weights in the director's files: of the IPVS table and of the program that manages it. */
import type { DestinationSettings } from "../settings/site";

/** How a file of the director gives the weight of a destination. */
export type WeightText = (destination: DestinationSettings) => string;

export const plainWeight: WeightText = ({ weight }) => String(weight);

/** `%NAME:WEIGHT%`: lvs-director puts the weight in its place, or 0 while the real server is drained. */
export const drainableWeight: WeightText = ({ name, weight }) => `%${name}:${weight}%`;
