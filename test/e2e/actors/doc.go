// Package actors has the actors of a preview's life, over real parts: the
// developer and the forge (Gitea), CI, the platform team with its fleet
// repository, and the cluster with Flux and Eddy.
//
//	world, err := actors.Open(programs, system)
//	err = world.Prepare(ctx)                        // repositories, Flux, provider, ResourceSet
//	pr, err := world.Forge.Open(ctx, "Add a page")  // a branch, a commit, a pull request
//	err = world.CI(ctx, pr)                         // the image, then the label
//	err = world.Poll(ctx)                           // five minutes later
//	err = world.Wait(ctx, world.Deployed(pr))       // or an error that says what is there instead
//
// What is deployed are the files of examples/gitea and examples/fleet, with
// nothing changed but the forge's address and the pull policy of an image that
// is in no registry. The end-to-end test and the demo play the same scenes.
package actors
