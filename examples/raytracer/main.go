// Raytracer renders a small scene: spheres and a checkered floor, two lamps,
// shadows, reflection and refraction. Rows are rendered in parallel. It prints
// the picture as text and the hash of the PNG file it would write.
//
//	raytracer [-w 160] [-h 120] [-o picture.png]
package main

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"runtime"
	"strings"
	"sync"
)

// Vec is a point, a direction or a color.
type Vec struct{ X, Y, Z float64 }

func (a Vec) Add(b Vec) Vec             { return Vec{a.X + b.X, a.Y + b.Y, a.Z + b.Z} }
func (a Vec) Sub(b Vec) Vec             { return Vec{a.X - b.X, a.Y - b.Y, a.Z - b.Z} }
func (a Vec) Mul(k float64) Vec         { return Vec{a.X * k, a.Y * k, a.Z * k} }
func (a Vec) Times(b Vec) Vec           { return Vec{a.X * b.X, a.Y * b.Y, a.Z * b.Z} }
func (a Vec) Dot(b Vec) float64         { return a.X*b.X + a.Y*b.Y + a.Z*b.Z }
func (a Vec) Len() float64              { return math.Sqrt(a.Dot(a)) }
func (a Vec) Unit() Vec                 { return a.Mul(1 / a.Len()) }
func (a Vec) Reflect(n Vec) Vec         { return a.Sub(n.Mul(2 * a.Dot(n))) }
func (a Vec) Lerp(b Vec, t float64) Vec { return a.Mul(1 - t).Add(b.Mul(t)) }

// Refract bends direction a at a surface with normal n; ok is false for total
// reflection.
func (a Vec) Refract(n Vec, ratio float64) (dir Vec, ok bool) {
	cos := -a.Dot(n)
	k := 1 - ratio*ratio*(1-cos*cos)
	if k < 0 {
		return Vec{}, false
	}
	return a.Mul(ratio).Add(n.Mul(ratio*cos - math.Sqrt(k))), true
}

type Ray struct{ From, Dir Vec }

func (r Ray) At(t float64) Vec { return r.From.Add(r.Dir.Mul(t)) }

// Material is how a surface answers light.
type Material struct {
	Color  Vec
	Shine  float64 // exponent of the highlight, 0 for none
	Mirror float64 // share of reflected light
	Glass  float64 // share of light that passes
	Index  float64 // of refraction
}

// Hit is where a ray meets a surface.
type Hit struct {
	T      float64
	Point  Vec
	Normal Vec
	Mat    *Material
}

// Shape is anything a ray can meet.
type Shape interface {
	// Meet gives the first hit with min < T < max.
	Meet(r Ray, min, max float64) (Hit, bool)
}

type Sphere struct {
	Center Vec
	Radius float64
	Mat    Material
}

func (s *Sphere) Meet(r Ray, min, max float64) (Hit, bool) {
	oc := r.From.Sub(s.Center)
	b := oc.Dot(r.Dir)
	d := b*b - oc.Dot(oc) + s.Radius*s.Radius
	if d < 0 {
		return Hit{}, false
	}
	root := math.Sqrt(d)
	for _, t := range [2]float64{-b - root, -b + root} {
		if min < t && t < max {
			p := r.At(t)
			return Hit{t, p, p.Sub(s.Center).Mul(1 / s.Radius), &s.Mat}, true
		}
	}
	return Hit{}, false
}

// Floor is the plane y = Height in two colors.
type Floor struct {
	Height float64
	Mats   [2]Material
}

func (f *Floor) Meet(r Ray, min, max float64) (Hit, bool) {
	if math.Abs(r.Dir.Y) < 1e-9 {
		return Hit{}, false
	}
	t := (f.Height - r.From.Y) / r.Dir.Y
	if t <= min || t >= max {
		return Hit{}, false
	}
	p := r.At(t)
	tile := (int(math.Floor(p.X)) + int(math.Floor(p.Z))) & 1
	return Hit{t, p, Vec{0, 1, 0}, &f.Mats[tile]}, true
}

type Lamp struct {
	At    Vec
	Power Vec
}

type Scene struct {
	Shapes  []Shape
	Lamps   []Lamp
	Ambient float64
}

const near = 1e-6

func (s *Scene) meet(r Ray, max float64) (best Hit, ok bool) {
	best.T = max
	for _, sh := range s.Shapes {
		if h, hit := sh.Meet(r, near, best.T); hit {
			best, ok = h, true
		}
	}
	return best, ok
}

// Trace gives the light that comes back along r.
func (s *Scene) Trace(r Ray, depth int) Vec {
	h, ok := s.meet(r, math.Inf(1))
	if !ok {
		return Vec{1, 1, 1}.Lerp(Vec{0.3, 0.5, 0.9}, 0.5*(r.Dir.Y+1))
	}
	n, ratio := h.Normal, 1/h.Mat.Index
	if inside := r.Dir.Dot(n) > 0; inside {
		n, ratio = n.Mul(-1), h.Mat.Index
	}
	light := s.shade(r, h, n)
	if depth == 0 {
		return light
	}
	mirror := h.Mat.Mirror
	if h.Mat.Glass > 0 {
		if dir, ok := r.Dir.Refract(n, ratio); ok {
			through := s.Trace(Ray{h.Point, dir.Unit()}, depth-1)
			light = light.Lerp(through.Times(h.Mat.Color), h.Mat.Glass)
		} else {
			mirror = 1
		}
	}
	if mirror > 0 {
		light = light.Lerp(s.Trace(Ray{h.Point, r.Dir.Reflect(n).Unit()}, depth-1), mirror)
	}
	return light
}

// shade is the light of the lamps that the point sees.
func (s *Scene) shade(r Ray, h Hit, n Vec) Vec {
	sum := h.Mat.Color.Mul(s.Ambient)
	for _, l := range s.Lamps {
		to := l.At.Sub(h.Point)
		dist := to.Len()
		dir := to.Mul(1 / dist)
		if _, blocked := s.meet(Ray{h.Point, dir}, dist); blocked {
			continue
		}
		if d := dir.Dot(n); d > 0 {
			sum = sum.Add(h.Mat.Color.Times(l.Power).Mul(d))
		}
		if d := dir.Reflect(n).Dot(r.Dir); d > 0 && h.Mat.Shine > 0 {
			sum = sum.Add(l.Power.Mul(math.Pow(d, h.Mat.Shine)))
		}
	}
	return sum
}

// Render draws the scene with four rays for each pixel.
func (s *Scene) Render(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	eye := Vec{0, 1.2, -4.5}
	rows := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for y := range rows {
				for x := range w {
					var sum Vec
					for i := range 4 {
						px := (float64(x) + 0.25 + 0.5*float64(i&1) - float64(w)/2) / float64(h)
						py := (float64(h)/2 - float64(y) - 0.25 - 0.5*float64(i>>1)) / float64(h)
						sum = sum.Add(s.Trace(Ray{eye, Vec{px, py, 1}.Unit()}, 5))
					}
					img.SetRGBA(x, y, toColor(sum.Mul(0.25)))
				}
			}
		})
	}
	for y := range h {
		rows <- y
	}
	close(rows)
	wg.Wait()
	return img
}

func toColor(v Vec) color.RGBA {
	f := func(x float64) uint8 { return uint8(255*math.Sqrt(min(max(x, 0), 1)) + 0.5) }
	return color.RGBA{f(v.X), f(v.Y), f(v.Z), 255}
}

func scene() *Scene {
	matte := func(r, g, b float64) Material { return Material{Color: Vec{r, g, b}, Index: 1} }
	glossy := func(r, g, b, mirror float64) Material {
		return Material{Color: Vec{r, g, b}, Shine: 60, Mirror: mirror, Index: 1}
	}
	s := &Scene{Ambient: 0.12, Lamps: []Lamp{{Vec{4, 6, -4}, Vec{0.8, 0.75, 0.7}}, {Vec{-5, 4, -2}, Vec{0.2, 0.25, 0.35}}}}
	s.Shapes = append(s.Shapes,
		&Floor{0, [2]Material{matte(0.85, 0.85, 0.8), matte(0.15, 0.18, 0.2)}},
		&Sphere{Vec{0, 1, 0.5}, 1, glossy(0.7, 0.15, 0.1, 0.25)},
		&Sphere{Vec{-1.9, 0.7, 0.2}, 0.7, glossy(0.9, 0.9, 0.9, 0.8)},
		&Sphere{Vec{1.3, 0.5, -1}, 0.5, Material{Color: Vec{0.95, 1, 0.95}, Shine: 200, Mirror: 0.05, Glass: 0.95, Index: 1.5}})
	for i := range 7 {
		a := float64(i) * 2 * math.Pi / 7
		s.Shapes = append(s.Shapes, &Sphere{Vec{2.6 * math.Cos(a), 0.2, 1 + 2.6*math.Sin(a)}, 0.2,
			matte(0.5+0.4*math.Cos(a), 0.5+0.4*math.Sin(a), 0.5)})
	}
	return s
}

// text is the picture in characters, a character for cells of 2 by 4 pixels.
func text(img *image.RGBA) string {
	const ramp = " .:-=+*#%@"
	var b strings.Builder
	for y := 0; y+4 <= img.Rect.Dy(); y += 4 {
		var line []byte
		for x := 0; x+2 <= img.Rect.Dx(); x += 2 {
			sum := 0
			for i := range 8 {
				c := img.RGBAAt(x+i&1, y+i>>1)
				sum += 299*int(c.R) + 587*int(c.G) + 114*int(c.B)
			}
			line = append(line, ramp[sum*len(ramp)/(8*255*1000+1)])
		}
		b.Write(bytes.TrimRight(line, " "))
		b.WriteByte('\n')
	}
	return b.String()
}

func main() {
	w := flag.Int("w", 160, "width")
	h := flag.Int("h", 120, "height")
	out := flag.String("o", "", "PNG file to write")
	flag.Parse()
	img := scene().Render(*w, *h)
	fmt.Print(text(img))
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		fmt.Fprintln(os.Stderr, "raytracer:", err)
		os.Exit(1)
	}
	fmt.Printf("pixels %x\npng    %x (%d bytes)\n", sha256.Sum256(img.Pix), sha256.Sum256(file.Bytes()), file.Len())
	if *out != "" {
		if err := os.WriteFile(*out, file.Bytes(), 0o666); err != nil {
			fmt.Fprintln(os.Stderr, "raytracer:", err)
			os.Exit(1)
		}
	}
}
