// Report renders a sales report from JSON data with text/template: nested
// templates, own functions, pipelines, and columns aligned by tabwriter.
package main

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"text/template"
	"time"
)

//go:embed data/*.json data/report.tmpl
var files embed.FS

// Money is an amount in cents.
type Money int64

func (m Money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	whole := fmt.Sprint(int64(m / 100))
	var b strings.Builder
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return fmt.Sprintf("%s%s.%02d", sign, b.String(), m%100)
}

// UnmarshalJSON reads "12.34" exactly, without floating point.
func (m *Money) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	var whole, cents int64
	neg := strings.HasPrefix(s, "-")
	if n, err := fmt.Sscanf(strings.TrimPrefix(s, "-"), "%d.%02d", &whole, &cents); n != 2 {
		return fmt.Errorf("amount %q: %w", s, err)
	}
	*m = Money(whole*100 + cents)
	if neg {
		*m = -*m
	}
	return nil
}

// Date is a day.
type Date struct{ time.Time }

func (d *Date) UnmarshalJSON(data []byte) (err error) {
	d.Time, err = time.Parse(`"`+time.DateOnly+`"`, string(data))
	return err
}

type Item struct {
	Product  string `json:"product"`
	Quantity int    `json:"quantity"`
	Price    Money  `json:"price"`
}

func (i Item) Total() Money { return Money(i.Quantity) * i.Price }

type Order struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Date     Date   `json:"date"`
	Items    []Item `json:"items"`
	Note     string `json:"note"`
}

func (o Order) Total() (sum Money) {
	for _, i := range o.Items {
		sum += i.Total()
	}
	return sum
}

// Report is what the template sees.
type Report struct {
	Title  string
	Orders []Order
}

func (r Report) Total() (sum Money) {
	for _, o := range r.Orders {
		sum += o.Total()
	}
	return sum
}

// ByMonth groups orders; keys sort as the months do.
func (r Report) ByMonth() map[string][]Order {
	groups := make(map[string][]Order)
	for _, o := range r.Orders {
		k := o.Date.Format("2006-01 January")
		groups[k] = append(groups[k], o)
	}
	return groups
}

type line struct {
	Name  string
	Count int
	Sum   Money
}

// Products sums what was sold, best first.
func (r Report) Products() []line {
	index := make(map[string]*line)
	for _, o := range r.Orders {
		for _, it := range o.Items {
			l := index[it.Product]
			if l == nil {
				l = &line{Name: it.Product}
				index[it.Product] = l
			}
			l.Count += it.Quantity
			l.Sum += it.Total()
		}
	}
	var list []line
	for _, l := range index {
		list = append(list, *l)
	}
	slices.SortFunc(list, func(a, b line) int { return cmp.Or(cmp.Compare(b.Sum, a.Sum), cmp.Compare(a.Name, b.Name)) })
	return list
}

var errNegative = errors.New("negative share")

var funcs = template.FuncMap{
	"bar": func(part, whole Money) (string, error) {
		if part < 0 || whole <= 0 {
			return "", errNegative
		}
		return strings.Repeat("█", int(part*20/whole)), nil
	},
	"percent": func(part, whole Money) string { return fmt.Sprintf("%.1f%%", 100*float64(part)/float64(whole)) },
	"after":   func(_, s string) string { _, rest, _ := strings.Cut(s, " "); return rest },
	"wrap": func(width int, s string) []string {
		var lines []string
		cur := ""
		for w := range strings.FieldsSeq(s) {
			if cur != "" && len(cur)+1+len(w) > width {
				lines = append(lines, cur)
				cur = ""
			}
			cur = strings.TrimPrefix(cur+" "+w, " ")
		}
		return append(lines, cur)
	},
	"upper": strings.ToUpper,
	"seq":   func(n int) []int { return make([]int, n) },
}

func load() (*Report, error) {
	r := &Report{Title: "Sales"}
	names, err := files.ReadDir("data")
	if err != nil {
		return nil, err
	}
	for _, e := range names {
		if !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		f, err := files.Open("data/" + e.Name())
		if err != nil {
			return nil, err
		}
		var orders []Order
		err = json.NewDecoder(f).Decode(&orders)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		r.Orders = append(r.Orders, orders...)
	}
	slices.SortStableFunc(r.Orders, func(a, b Order) int { return a.Date.Compare(b.Date.Time) })
	return r, nil
}

func render(w io.Writer, r *Report) error {
	t, err := template.New("report.tmpl").Funcs(funcs).ParseFS(files, "data/report.tmpl")
	if err != nil {
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	if err := t.Execute(tw, r); err != nil {
		return err
	}
	return tw.Flush()
}

func main() {
	r, err := load()
	if err == nil {
		err = render(os.Stdout, r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
	// Errors of templates name the template, the place and the cause.
	for _, text := range []string{"{{.Nope}}", "{{bar 1 0}}", "{{range .Orders}}{{.ID.X}}{{end}}", "{{if}}", "{{template \"gone\"}}", "{{index .Orders 99}}"} {
		t, err := template.New("bad").Funcs(funcs).Parse(text)
		if err == nil {
			err = t.Execute(io.Discard, r)
		}
		fmt.Println(err, errors.Is(err, errNegative))
	}
}
