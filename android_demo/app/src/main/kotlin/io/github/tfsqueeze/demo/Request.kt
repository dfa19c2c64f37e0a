package io.github.tfsqueeze.demo

/**
 * One run of a model on a device.
 *
 * @property second the second text, which a model of single texts does not read.
 */
data class Request(val model: String, val device: Device, val first: String, val second: String)
