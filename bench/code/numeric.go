package main

import "math"

type body struct{ x, y, z, vx, vy, vz, mass float64 }

func nbody(steps int) float64 {
	const solar = 4 * math.Pi * math.Pi
	const year = 365.24
	bodies := []body{
		{0, 0, 0, 0, 0, 0, solar},
		{4.84143144246472082945e+00, -1.16032004402742839362e+00, -1.03622044471123109494e-01, 1.66007664274403694959e-03 * year, 7.69901118419740425080e-03 * year, -6.90460016972063023554e-05 * year, 9.54791938424326609124e-04 * solar},
		{8.34336671824457987790e+00, 4.12479856412430479268e+00, -4.03523417114321381293e-01, -2.76742510726411021120e-03 * year, 4.99852801234917238954e-03 * year, 2.30417297573763929463e-05 * year, 2.85885980666130812119e-04 * solar},
		{1.28943695621391310164e+01, -1.51111514016986312525e+01, -2.23307578892655734398e-01, 2.96460137564761618652e-03 * year, 2.37847173959480950188e-03 * year, -2.96589568540237556131e-05 * year, 4.36624404335156298062e-05 * solar},
		{1.53796971148509165498e+01, -2.59193146099879641146e+01, 1.79258772950371181757e-01, 2.68067772490389322072e-03 * year, 1.62824170038242295431e-03 * year, -9.51592254519715870971e-05 * year, 5.15138902046611451304e-05 * solar},
	}
	for range steps {
		for i := range bodies {
			b := &bodies[i]
			for j := i + 1; j < len(bodies); j++ {
				c := &bodies[j]
				dx, dy, dz := b.x-c.x, b.y-c.y, b.z-c.z
				d2 := dx*dx + dy*dy + dz*dz
				mag := 0.01 / (d2 * math.Sqrt(d2))
				b.vx -= dx * c.mass * mag
				b.vy -= dy * c.mass * mag
				b.vz -= dz * c.mass * mag
				c.vx += dx * b.mass * mag
				c.vy += dy * b.mass * mag
				c.vz += dz * b.mass * mag
			}
		}
		for i := range bodies {
			b := &bodies[i]
			b.x += 0.01 * b.vx
			b.y += 0.01 * b.vy
			b.z += 0.01 * b.vz
		}
	}
	return bodies[0].x
}

func fannkuch(n int) int {
	perm1 := make([]int, n)
	for i := range perm1 {
		perm1[i] = i
	}
	perm := make([]int, n)
	count := make([]int, n)
	flipsMax, r, checksum, k := 0, n, 0, 0
	for {
		for ; r != 1; r-- {
			count[r-1] = r
		}
		copy(perm, perm1)
		flips := 0
		for f := perm[0]; f != 0; f = perm[0] {
			for i, j := 0, f; i < j; i, j = i+1, j-1 {
				perm[i], perm[j] = perm[j], perm[i]
			}
			flips++
		}
		flipsMax = max(flipsMax, flips)
		if k&1 == 0 {
			checksum += flips
		} else {
			checksum -= flips
		}
		for {
			if r == n {
				return checksum*100 + flipsMax
			}
			first := perm1[0]
			for i := range r {
				perm1[i] = perm1[i+1]
			}
			perm1[r] = first
			count[r]--
			if count[r] > 0 {
				break
			}
			r++
		}
		k++
	}
}

func spectralA(i, j int) float64 { return 1 / float64((i+j)*(i+j+1)/2+i+1) }

func spectralMul(v, w []float64, transpose bool) {
	for i := range w {
		var sum float64
		for j := range v {
			if transpose {
				sum += spectralA(j, i) * v[j]
			} else {
				sum += spectralA(i, j) * v[j]
			}
		}
		w[i] = sum
	}
}

func spectral(n int) float64 {
	u, v, t := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range u {
		u[i] = 1
	}
	for range 10 {
		spectralMul(u, t, false)
		spectralMul(t, v, true)
		spectralMul(v, t, false)
		spectralMul(t, u, true)
	}
	var vBv, vv float64
	for i := range u {
		vBv += u[i] * v[i]
		vv += v[i] * v[i]
	}
	return math.Sqrt(vBv / vv)
}

func mandelbrot(n int) int {
	inside := 0
	for y := range n {
		ci := 2*float64(y)/float64(n) - 1
		for x := range n {
			cr := 2*float64(x)/float64(n) - 1.5
			zr, zi, tr, ti := 0.0, 0.0, 0.0, 0.0
			i := 0
			for ; i < 50 && tr+ti <= 4; i++ {
				zi = 2*zr*zi + ci
				zr = tr - ti + cr
				tr, ti = zr*zr, zi*zi
			}
			if tr+ti <= 4 {
				inside++
			}
		}
	}
	return inside
}

func matrix(n int) float64 {
	make2 := func() [][]float64 {
		m := make([][]float64, n)
		for i := range m {
			m[i] = make([]float64, n)
			for j := range m[i] {
				m[i][j] = float64(i ^ j)
			}
		}
		return m
	}
	a, b, c := make2(), make2(), make2()
	for i := range n {
		for j := range n {
			var sum float64
			for k := range n {
				sum += a[i][k] * b[k][j]
			}
			c[i][j] = sum
		}
	}
	return c[n/2][n/3]
}

func sieve(n int) int {
	composite := make([]bool, n+1)
	count := 0
	for i := 2; i <= n; i++ {
		if composite[i] {
			continue
		}
		count++
		for j := i * 2; j <= n; j += i {
			composite[j] = true
		}
	}
	return count
}
