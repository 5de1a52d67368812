// What the rest of the lab uses of data.
export { DATA_DEFAULTS, DataSpecError, dataSpec } from './data-spec.js';
export type { Dataset, DataSpec, Split } from './dataset.js';
export { datasets } from './datasets.js';
export { DownloadError } from './download.js';
export { type LoadOptions, loadData } from './load-data.js';
export { type NpyArray, readNpy } from './npy.js';
export { type OwnImages, readOwnImages } from './own-images.js';
export {
  publishedOrders,
  publishedSpectra,
  publishedTasks,
  type PublishedSpectrum,
  type PublishedTask,
} from './published-orders.js';
export { DataFileError, type DataProgress, MissingDataError, type Source } from './source.js';
