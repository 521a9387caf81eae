package main

import (
	"encoding/json"
	"os"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/component-base/featuregate"
)

// `kube-proxy gates` writes the feature gates of this release as JSON; with anything else this is kube-proxy itself.
func init() {
	if len(os.Args) != 2 || os.Args[1] != "gates" {
		return
	}
	var gate interface{} = utilfeature.DefaultMutableFeatureGate
	answer := map[string]interface{}{}
	// 1.20 cannot list them
	if known, ok := gate.(interface {
		GetAll() map[featuregate.Feature]featuregate.FeatureSpec
	}); ok {
		answer["gates"] = known.GetAll()
	}
	// since 1.35
	if known, ok := gate.(interface {
		Dependencies() map[featuregate.Feature][]featuregate.Feature
	}); ok {
		answer["dependencies"] = known.Dependencies()
	}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		panic(err)
	}
	os.Exit(0)
}
