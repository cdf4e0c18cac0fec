// Named so that no file of the task needs the C library for one function.

package func exponential(_ value: Float) -> Float { exp(value) }
package func logarithm(_ value: Double) -> Double { log(value) }
package func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
