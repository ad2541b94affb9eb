// Types of the vendored chart library: its own are not vendored, so nothing is promised of it.
declare const uPlot: any;
export default uPlot;
